"""Each checker is seen to refuse what that system's program refuses, and to let the neighbour pass."""

from __future__ import annotations

from pathlib import Path

import driver
import matrix
import pytest
from checkers.common import Place, System

CASES = driver.load(Path(__file__).with_name("refused.yml"))["cases"]
SYSTEMS = {name: System(name, data) for name, data in driver.recorded().items()}


def problems(system: str, path: str, text: str, beside: dict[str, str] | None = None) -> list[str]:
    """Return what the matrix says of one text on one system."""
    links = frozenset(
        {f"/etc/apache2/mods-enabled/{name}.load" for name in ("ssl", "headers", "remoteip", "http2", "socache_shmcb")}
    )
    modules = {
        "/etc/httpd/conf.modules.d/99-test.conf": "".join(
            f"LoadModule {name}_module modules/mod_{name}.so\n" for name in ("ssl", "mpm_event", "http2", "watchdog")
        )
    }
    # What is beside is not checked here, so a module may be named that this system does not have.
    place = Place(SYSTEMS[system], path, {**modules, **(beside or {}), path: text}, links)
    return [what for _line, what in matrix.file_problems(text, place)]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['system']}-{case['path'].rsplit('/', 1)[-1]}-{case['text'][:40]}"
)
def test_what_the_system_refuses_is_found(case: dict[str, str]) -> None:
    found = problems(case["system"], case["path"], case["text"] + "\n")
    assert any(case["because"] in what for what in found), found or "nothing was found"
    if "instead" in case:
        assert problems(case["system"], case["path"], case["instead"] + "\n") == []
    if "fine_on" in case:
        assert problems(case["fine_on"], case.get("fine_path", case["path"]), case["text"] + "\n") == []
