"""An outside opinion: Lynis, as the distribution ships it, on each diffuser.

Nothing of it is part of a diffuser, so it is installed for the test and removed after it.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import workspace
from workspace import must

LEAST = 70
ANSWERED = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def audit(name: str) -> list[str]:
    """Return the lines of Lynis' own report of a diffuser."""
    # What Debian published since the lab's image was made is not what is judged here: Lynis may look at a fresh index.
    must(
        name,
        "export DEBIAN_FRONTEND=noninteractive; { apt-get update -qq"
        " && apt-get upgrade -y -qq -o Dpkg::Options::=--force-confold"
        " && apt-get install -y -qq --no-install-recommends lynis; } >/dev/null 2>&1",
    )
    try:
        must(name, "lynis audit system --quick --quiet --no-colors >/dev/null 2>&1")
        return must(name, "cat /var/log/lynis-report.dat").splitlines()
    finally:
        must(name, "apt-get purge -y -qq lynis >/dev/null 2>&1; rm -f /var/log/lynis*")


@pytest.fixture(scope="module")
def audits() -> dict[str, list[str]]:
    """Audit all diffusers, side by side."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(workspace.DIFFUSERS, pool.map(audit, workspace.DIFFUSERS), strict=True))


@pytest.fixture
def report(each: str, audits: dict[str, list[str]]) -> list[str]:
    """Return what Lynis said of each diffuser in turn."""
    return audits[each]


def remaining(lines: list[str]) -> set[str]:
    """Return the suggestions and warnings left, as docs/hardening.md names them."""
    found = set()
    for line in lines:
        match = re.match(r"(?:suggestion|warning)\[\]=([A-Z]+(?:-\d+)?)\|[^|]*\|([A-Za-z]*)", line)
        if match:
            test, detail = match.groups()
            # One test of many options: each is a suggestion of its own.
            found.add(f"{test} {detail}" if test == "SSH-7408" else test)
    return found


def test_the_hardening_index(report: list[str]) -> None:
    index = next(int(line.split("=")[1]) for line in report if line.startswith("hardening_index="))
    assert index >= LEAST, sorted(remaining(report))


def test_every_remaining_suggestion_is_answered(report: list[str]) -> None:
    text = (workspace.TOP / "docs/hardening.md").read_text(encoding="utf-8")
    answered = set(ANSWERED.findall(text))
    left = remaining(report)
    assert len(left) > 10, "Lynis said too little to have looked"
    assert left <= answered, sorted(left - answered)
