"""`prepctl report` as a person runs it: in a process of its own, in a workspace."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import example_reports as examples
import pytest


@dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., Done]:
    def call(*arguments: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "prepctl", "report", *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs; in the second the firewall fails."""
    reports = tmp_path / "reports"
    examples.lay(reports, examples.small("20261101T040000Z", "2026-11-01T04:00:00Z"))
    examples.lay(reports, examples.small("20261102T040000Z", "2026-11-02T04:00:00Z", firewall_active="fail"))
    return reports


def test_the_newest_run_in_english_elsewhere(report: Callable[..., Done], runs: Path, tmp_path: Path) -> None:
    done = report("--format", "html,csv", "--lang", "en", "--output", "out", "--json")
    assert done.code == 0, done.err
    assert done.document["run"] == "20261102T040000Z"
    page = (tmp_path / "out/compliance.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in page and done.document["sha256"] in page
    assert sorted(path.name for path in (runs / "20261102T040000Z").iterdir()) == ["compliance.json"]


def test_a_run_by_name_and_a_file(report: Callable[..., Done], runs: Path) -> None:
    assert report("20261101T040000Z", "-f", "junit").out.strip() == "reports/20261101T040000Z/junit.xml"
    assert report("reports/20261101T040000Z/compliance.json", "-f", "openmetrics", "-o", ".").out == "compliance.prom\n"


def test_what_changed(report: Callable[..., Done], runs: Path) -> None:
    assert report("--diff").err.startswith("prepctl: run 20261102T040000Z is the first")
    assert report("--import", "--json").document == {"schema": 1, "reports": 2, "added": ["20261101T040000Z"]}
    assert report("--import", "--json").document["added"] == []
    done = report("--diff")
    assert "New failures (1):\n  difusor11  II.2 firewall.active" in done.out
    assert report("--diff", "20261102T040000Z", "--since", "20261101T040000Z", "--json").document["new_failures"]
    report("-f", "html,csv")
    assert "En este estado desde el 1 de noviembre" in (runs / "20261102T040000Z/compliance.html").read_text("utf-8")
    assert "2026-11-01T04:00:00Z" in (runs / "20261102T040000Z/results.csv").read_text("utf-8")


def test_key_sign_verify(report: Callable[..., Done], runs: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("una frase larga\n")
    assert report("key", "--passphrase-file", "secret").code == 0
    assert "nobody can be asked" in report("sign").err
    done = report("sign", "--passphrase-file", "secret", "--json")
    assert [one["sequence"] for one in done.document["signed"]] == [1, 2]
    done = report("verify")
    assert done.code == 0 and "valid: 2 signed reports" in done.out and "does not prove" in done.out
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or path.name == "secret" or b"una frase larga" not in path.read_bytes()

    path = runs / "20261101T040000Z/compliance.json"
    path.write_bytes(path.read_bytes().replace(b'"pass"', b'"fail"', 1))
    done = report("verify", str(path))
    assert done.code == 2 and "NOT VALID: 20261101T040000Z: compliance.json is not the one that was signed" in done.out
    assert report("verify", "--json").document["valid"] is False


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing"], "expected a report's file or the name of a run"),
        (["--format", "docx"], "--format: expected some of json"),
        (["--lang", "fr"], "--lang: lang: expected es or en"),
        (["verify", "nowhere"], "expected a report's file or a directory"),
        (["verify"], "the institute's public key"),
        (["sign"], "a private key"),
        (["key"], "--passphrase-file or --no-passphrase"),
        (["--nonsense"], "No such option"),
    ],
)
def test_mistakes_are_one_line(report: Callable[..., Done], runs: Path, arguments: list[str], told: str) -> None:
    done = report(*arguments)
    assert done.code == 1 and done.out == ""
    assert done.err.startswith("prepctl: ") and told in done.err and len(done.err.splitlines()) == 1


def test_a_workspace_without_reports(report: Callable[..., Done]) -> None:
    assert "expected a report, found none" in report().err


def test_help_names_what_there_is(report: Callable[..., Done]) -> None:
    done = report("--help")
    assert done.code == 0 and all(verb in done.out for verb in ("write", "key", "sign", "verify"))
