"""`prepctl status`."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.help_text import examples
from prepctl.language import is_spanish, say

EXAMPLES = examples("prepctl status", "prepctl status --html avance.html --lang es", "prepctl status --json")


def status(
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini.")] = Path("."),
    inventory: Annotated[Path | None, typer.Option("--inventory", "-i", help="Another than diffusers.ini.")] = None,
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="Only these diffusers.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page as well.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="es or en; of the page es unless given.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Count days from this one instead of today.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
    vault_password_file: Annotated[
        Path | None, typer.Option("--vault-password-file", help="File or program with the vault's password.")
    ] = None,
) -> None:
    """Where each outlet stands against the call's calendar: documents, infrastructure, drills, compliance, days left.

    No server is contacted: it tells what inventory, reports and drills of the workspace say. Exit code 2 when an
    outlet is behind.
    """
    if lang not in (None, "es", "en"):
        raise PrepctlError(say("--lang: expected es or en, got {lang}", lang=lang))
    # Before Ansible's loader is set up, which then wants to find collections itself.
    from prepctl.status import words  # noqa: F401
    from prepctl.workspace import Workspace

    found = _gather(Workspace.open(workspace, inventory), limit, as_of, vault_password_file)
    if html:
        from prepctl.enrol.changes import cannot_write
        from prepctl.report.files import replace
        from prepctl.status.page import render

        try:
            replace(html, render(found, lang or "es").encode("utf-8"), 0o644)
        except OSError as problem:
            raise cannot_write(html.parent, problem) from None
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(found, lang or ("es" if is_spanish() else "en"))
        if html:
            typer.echo(str(html))
    raise typer.Exit(int(ExitCode.CONTROL_FAILED if found["behind"] else ExitCode.OK))


def _gather(opened: Any, limit: str | None, as_of: str | None, vault_file: Path | None) -> dict[str, Any]:
    from zoneinfo import ZoneInfo

    from prepctl import inventory, precheck
    from prepctl.report import source
    from prepctl.status import standing

    precheck.check(opened, None)
    names = ("prep_call", "prep_outlet", "prep_documents")
    read = inventory.read(opened, inventory.plain_values(names), limit=limit, vault_file=vault_file)
    call_name = next((values["prep_call"] for _, values in read if values["prep_call"]), None)
    if not call_name:
        raise PrepctlError(
            say("{path}: prep_call: expected the name of a call, found none",
                path=opened.directory / "group_vars/diffusers.yml")
        )  # fmt: skip
    call = inventory.the_call(opened, call_name)
    try:
        today = date.fromisoformat(as_of) if as_of else datetime.now(ZoneInfo(call["zone"])).date()
    except ValueError:
        raise PrepctlError(say("--as-of: expected a date such as 2027-05-20, got {text}", text=as_of)) from None
    reports = [source.read(path).model for path in source.runs(opened.directory / source.REPORTS)]
    reports.sort(key=lambda one: str(one["run"]["finished"]))
    return standing.build(call, read, reports, _drills(opened.directory / "publication" / "drills"), today)


def _drills(directory: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(directory.glob("*/drill.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            str(data["actual"]["start"])
        except (OSError, ValueError, KeyError, TypeError):
            raise PrepctlError(
                say("{path}: expected the report of a drill as JSON, got something else", path=path)
            ) from None
        found.append(data)
    return found


def _show(found: dict[str, Any], lang: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from prepctl.status import words

    styles = {"good": "green", "held": "yellow", "bad": "bold red"}
    said = words.WORDS[lang]
    console = Console(file=sys.stdout)
    console.print(Text(f"{found['title'].get(lang) or found['call']}, {said['at']} {found['today']}", style="bold"))
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for key in ("diffuser", "documents", "server", "drills", "verdict", "next", "days"):
        narrow = key in ("server", "verdict")
        justify: Literal["left", "right"] = "right" if key == "days" else "left"
        rows.add_column(said[key], justify=justify, overflow="fold", no_wrap=not narrow)
    for one in found["diffusers"]:
        cells: list[Text] = [Text(one["name"])]
        told = [of(one, lang) for of in (words.documents, words.infrastructure, words.drills, words.compliance)]
        comes = (one["next"] or {}).get("date", "-")
        state = styles[words.upcoming(one, lang)[1]]
        cells += [Text(text, style=styles[kind]) for text, kind in told] + [Text(comes, style=state)]
        rows.add_row(*cells, words.days_left(one))
    console.print(rows)
    for one in found["diffusers"]:
        for line in words.remarks(one, lang):
            console.print(Text(f"{one['name']}  {line}"), soft_wrap=True)
