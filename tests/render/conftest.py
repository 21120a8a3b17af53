"""One run for all tests, and its coverage at the end."""

from __future__ import annotations

from pathlib import Path

import matrix
import pytest

_COVERAGE = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> matrix.Matrix:
    """Return what the site playbook, each role alone and each variant came to."""
    found = matrix.run(Path(tmp_path_factory.mktemp("matrix")))
    request.config.stash[_COVERAGE] = matrix.coverage(found)
    return found


@pytest.fixture(scope="session")
def findings(rendered: matrix.Matrix) -> list[matrix.Finding]:
    """Return all findings of that run."""
    return matrix.findings(rendered)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how much was looked at."""
    for line in config.stash.get(_COVERAGE, []):
        terminalreporter.write_line(line)
