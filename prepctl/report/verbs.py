"""What `prepctl report` does, verb by verb."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import typer

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.report import differences, formats, history, keys, seal, source
from prepctl.report.history import History


def write(workspace: Path, run: str | None, names: str, lang: str, output: Path | None, as_json: bool) -> None:
    """Write a report's formats."""
    wanted = formats.chosen(names)
    report = source.read(source.find(workspace, run))
    words = formats.words_of(report, lang)
    written = formats.write(report, wanted, words, output or report.path.parent, _since(workspace, report))
    if as_json:
        _print({"schema": 1, "run": report.run, "sha256": report.digest, "files": [str(path) for path in written]})
    else:
        for path in written:
            typer.echo(str(path))


def _since(workspace: Path, report: source.Report) -> dict[str, Any] | None:
    """Since when, if this workspace has a history that knows the report."""
    if not (workspace / source.REPORTS / history.FILE).is_file():
        return None
    with History.of(workspace) as known:
        return known.since(report.digest) if known.knows(report.digest) else None


def differences_of(workspace: Path, run: str | None, base: str | None, as_json: bool) -> None:
    """Say what changed; both reports go into the history if it lacks them."""
    report = source.read(source.find(workspace, run))
    with History.of(workspace) as known:
        known.record(report)
        other = None
        if base is not None:
            older = source.read(source.find(workspace, base))
            known.record(older)
            other = older.digest
        found = differences.between(known, report.digest, other)
    if as_json:
        _print(found)
    else:
        for line in differences.lines(found):
            typer.echo(line)


def take_in(workspace: Path, run: str | None, as_json: bool) -> None:
    """Take reports into the history."""
    paths = [source.find(workspace, run)] if run else source.runs(workspace / source.REPORTS)
    reports = [source.read(path) for path in paths]
    with History.of(workspace) as known:
        added = [report.run for report in sorted(reports, key=lambda one: one.finished) if known.record(report)]
    if as_json:
        _print({"schema": 1, "reports": len(reports), "added": added})
    else:
        typer.echo(f"{len(added)} of {len(reports)} reports taken into the history")


def make_key(private: Path, passphrase_file: Path | None, no_passphrase: bool) -> None:
    """Make a key pair."""
    secret = ""
    if passphrase_file:
        secret = _first_line(passphrase_file)
    elif not no_passphrase:
        if not sys.stdin.isatty():
            raise PrepctlError("expected --passphrase-file or --no-passphrase, since nobody can be asked")
        secret = str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True))
    public = private.with_suffix(".pub")
    made = keys.make(private, public, secret.encode("utf-8") or None)
    typer.echo(f"{public}: give this file to whoever verifies; fingerprint {made}")


def sign(workspace: Path, run: str | None, private: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Sign what is not signed yet."""
    reports = workspace / source.REPORTS
    paths = [source.find(workspace, run)] if run else source.runs(reports)
    foreign = [path for path in paths if path.resolve().parent.parent != reports.resolve()]
    if foreign:
        raise PrepctlError(f"{foreign[0]}: expected a run of {reports}: a chain is made of one workspace's runs")
    signer = keys.load_private(private, lambda: passphrase(passphrase_file))
    found = sorted((source.read(path) for path in paths), key=lambda one: one.finished)
    with History.of(workspace) as known:
        for report in found:
            known.record(report)
        made, skipped = seal.sign(found, signer, known)
    if as_json:
        signed = [{"run": one.content["run"], "sequence": one.sequence, "seal": one.digest} for one in made]
        _print({"schema": 1, "signed": signed, "skipped": skipped})
    else:
        for one in made:
            typer.echo(f"{one.content['run']}: seal {one.sequence}, SHA-256 {one.digest}")
        for line in skipped:
            typer.echo(f"not signed: {line}")
        if not made and not skipped:
            typer.echo("nothing was left to sign")
    if run and skipped:
        raise typer.Exit(int(ExitCode.USAGE))


def verify(workspace: Path, what: Path | None, public: Path, head: str | None, as_json: bool) -> None:
    """Verify a report or a directory of runs."""
    path = what or workspace / source.REPORTS
    if not path.exists():
        raise PrepctlError(f"{path}: expected a report's file or a directory of runs, found none")
    trusted = keys.load_public(public)
    if path.is_dir() and not (path / source.FILE).exists():
        found = seal.verify_all(path, trusted, head, _known(path))
    else:
        found = seal.verify_one(path / source.FILE if path.is_dir() else path, trusted)
    if as_json:
        _print(found.as_dict())
    else:
        for line in found.problems:
            typer.echo(f"NOT VALID: {line}")
        for name in found.unsigned:
            typer.echo(f"not signed: {name}")
        if not found.problems:
            typer.echo(f"valid: {len(found.signed)} signed reports; last seal {found.head}")
        for line in seal.UNPROVEN:
            typer.echo(f"  {line}")
    raise typer.Exit(int(ExitCode.CONTROL_FAILED if found.problems else ExitCode.OK))


def _known(reports: Path) -> list[tuple[int, str, str]]:
    """The seals of the history beside the reports, if there is one."""
    if not (reports / history.FILE).is_file():
        return []
    with History(reports / history.FILE) as known:
        return known.seals()


def passphrase(file: Path | None) -> str:
    """The passphrase of a key: a file's first line, or what the person at the terminal says."""
    if file:
        return _first_line(file)
    if not sys.stdin.isatty():
        raise PrepctlError("the key has a passphrase: expected --passphrase-file, since nobody can be asked")
    return str(typer.prompt("Passphrase", hide_input=True, err=True))


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as problem:
        raise PrepctlError(f"{path}: expected a file with the passphrase: {problem}") from problem
    if not lines or not lines[0]:
        raise PrepctlError(f"{path}: expected the passphrase in its first line, found none")
    return lines[0]


def _print(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))
