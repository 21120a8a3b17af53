"""Capacity: what a page weighs, what is enough, when a server is not to be loaded."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fake_mirror import FakeMirror, mirror_at

from prepctl.capacity import cli as verb
from prepctl.capacity.load import Step
from prepctl.capacity.page import weigh
from prepctl.cli import main
from prepctl.publish import mirrors
from prepctl.publish.mirrors import Inventory

CALL = {"zone": "America/Mexico_City"}
PAGE = """<link rel=stylesheet href=/a.css><link rel=canonical href=/b><script src="c.js"></script>
<img src="/d e.png"><img src="https://elsewhere.example/f.png"><img src=missing.png><img src=/a.css>"""


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[FakeMirror]:
    made = FakeMirror(tmp_path / "mirror")
    for name, text in (("index.html", PAGE), ("a.css", "a" * 1000), ("c.js", "c" * 500)):
        (made.directory / name).write_text(text)
    yield made
    made.close()


@pytest.fixture
def measure(
    workspace: Path, mirror: FakeMirror, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Return ``measure(*words, opening, closing)``: the verb, with its exit code and what it said."""

    def call(*words: str, opening: float = 0, closing: float = 0) -> tuple[int, str]:
        known = Inventory([mirror_at(mirror.port)], CALL, int(opening), int(closing), [])
        monkeypatch.setattr(mirrors, "load", lambda *words: known)
        with pytest.raises(SystemExit) as caught:
            main(["capacity", "uno", "--http", "-w", str(workspace), *words])
        told = capsys.readouterr()
        return int(caught.value.code or 0), told.out + told.err

    return call


def test_a_page_is_what_a_browser_fetches_from_the_same_site(mirror: FakeMirror) -> None:
    page = weigh(mirror_at(mirror.port), "/", "http")
    assert page.paths == ("/", "/a.css", "/c.js")
    assert 1500 + len(PAGE) < page.weight < 1500 + len(PAGE) + 3 * 400


def step(requests_s: float, failed: float = 0.0) -> Step:
    return Step(8, requests_s, requests_s * 10_000, 0.01, 0.1, failed)


@pytest.mark.parametrize(
    ("steps", "visitors", "link", "enough", "ceiling"),
    [
        ([step(1000)], 20_000, None, True, 100.0),  # 66.67 pages/s of 80 that may be planned with
        ([step(1000)], 30_000, None, False, 100.0),  # 100 of 80
        ([step(800), step(5000, 0.5)], 20_000, None, False, 80.0),  # what fails is no ceiling
        ([step(1000)], 20_000, 60.0, True, 100.0),  # 100 kB * 66.67/s = 53.3 Mbit/s
        ([step(1000)], 20_000, 50.0, False, 100.0),
        ([step(1000, 1.0)], 1, None, False, 0.0),
    ],
)
def test_what_is_enough(steps: list[Step], visitors: int, link: float | None, enough: bool, ceiling: float) -> None:
    found = verb.judged(steps, 10, 100_000 if link != 60 else 80_000, visitors, 4, link)
    assert (found["enough"], found["ceiling_pages_s"]) == (enough, ceiling)


def test_nobody_is_loaded_by_mistake_or_while_results_are_published(measure: Any, mirror: FakeMirror) -> None:
    now = time.time()
    code, said = measure("--visitors", "10")
    assert code == 1 and "--yes-load-my-server" in said
    code, said = measure("--visitors", "10", "--yes-load-my-server", opening=now - 60, closing=now + 3600)
    assert code == 1 and "not until" in said and said.count("\n") == 1
    # The steps would reach into it.
    code, said = measure("--visitors", "10", "--yes-load-my-server", opening=now + 5, closing=now + 3600)
    assert code == 1 and "not until" in said


def test_bad_input_is_one_line(measure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = measure("--visitors", "10", "--yes-load-my-server", "--path", "/a b")
    assert (code, said) == (1, "prepctl: --path: expected a path as in a URL, got '/a b'\n")
    monkeypatch.setenv("PATH", "/nowhere")
    code, said = measure("--visitors", "10", "--yes-load-my-server")
    assert code == 1 and said == "prepctl: wrk: expected the load generator on PATH, found none; apt-get install wrk\n"


@pytest.mark.skipif(
    bool(os.geteuid()) and not shutil.which("wrk"),
    reason="wrk is not installed, and only root could install it: bin/test does",
)
def test_a_measurement_becomes_evidence(measure: Any, workspace: Path) -> None:
    code, said = measure("--visitors", "1", "--yes-load-my-server", "--seconds", "2")
    assert code == 0, said
    lines = said[said.index("prep_attestations:") : said.index("\n", said.index("    sha256:"))]
    entry = yaml.safe_load(lines)["prep_attestations"][0]
    assert entry["control"] == "bandwidth.sufficient" and "páginas por segundo" in entry["text"]
    file = workspace / entry["file"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == entry["sha256"]
