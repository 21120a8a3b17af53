"""`prepctl watch`."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode

if TYPE_CHECKING:
    from prepctl.watch.service import View


def watch(
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini.")] = Path("."),
    inventory: Annotated[Path | None, typer.Option("--inventory", "-i", help="Another than diffusers.ini.")] = None,
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="Only these diffusers.")] = None,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks at a mirror.")] = 5,
    cycle: Annotated[float, typer.Option(min=1, help="Seconds in which every file of a cut is compared.")] = 900,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Directory of index.html and metrics.prom.")
    ] = None,
    webhook: Annotated[str | None, typer.Option(help="URL that incidents are posted to.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Two looks at each mirror, and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: print one JSON document.")] = False,
    intrusions: Annotated[
        bool, typer.Option(help="Ask the servers each minute whom they banned or refused; over SSH, as Ansible does.")
    ] = True,
    vault_password_file: Annotated[
        Path | None, typer.Option("--vault-password-file", help="File or program with the vault's password.")
    ] = None,
) -> None:
    """Look at every mirror as readers do, every few seconds; open and close incidents. Ends with Ctrl-C."""
    from rich.console import Console
    from rich.live import Live

    from prepctl.intrusions import Intrusions, Questioner
    from prepctl.publish import mirrors
    from prepctl.watch import board, metrics, page
    from prepctl.watch.service import DOWN_LOOKS, Watch
    from prepctl.workspace import Workspace

    if webhook and not webhook.startswith(("https://", "http://")):
        raise PrepctlError(f"--webhook: expected an http(s) URL, got {webhook}")
    if as_json and not once:
        raise PrepctlError("--json: expected --once with it")
    opened = Workspace.open(workspace, inventory)
    known = mirrors.load(opened, limit, vault_password_file, None)
    directory = opened.directory / "publication"
    place = output or directory / "watch"
    place.mkdir(parents=True, exist_ok=True)
    zone = str(known.call["zone"])
    title = f"Difusores del PREP: {known.call['institute']['short']}"
    console = Console(file=sys.stderr if as_json else sys.stdout)
    live = Live(console=console, auto_refresh=False, transient=False) if console.is_terminal and not once else None

    def paint(view: View) -> None:
        _replace(place / "index.html", page.render(view, zone, title))
        _replace(place / "metrics.prom", metrics.render(view))
        if live:
            live.update(board.board(view, zone), refresh=True)

    def tell(line: str) -> None:
        if not live:
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    names = [mirror.name for mirror in known.mirrors]
    questioner = Questioner(opened, names, Intrusions(directory), vault_password_file) if intrusions else None
    service = Watch(
        known, directory, every_s=every, cycle_s=cycle, painters=(paint,), webhook=webhook, questioner=questioner,
        tell=tell,
    )  # fmt: skip
    try:
        if live:
            live.start()
        view = service.run(DOWN_LOOKS if once else None)
    except KeyboardInterrupt:
        # It goes on until somebody ends it, so that is no failure; what is open stays open on disk.
        raise typer.Exit(int(ExitCode.OK)) from None
    finally:
        if live:
            with contextlib.suppress(OSError):  # the terminal may be gone
                live.stop()
    if as_json:
        typer.echo(json.dumps(_document(view), ensure_ascii=False, indent=2))
    else:
        console.print(board.board(view, zone))
    raise typer.Exit(int(_code(view)))


def _code(view: View) -> ExitCode:
    kinds = {one.kind for one in view.incidents if one.closed is None and one.kind != "suspended"}
    if kinds - {"down"}:
        return ExitCode.CONTROL_FAILED
    return ExitCode.UNREACHABLE if kinds else ExitCode.OK


def _document(view: View) -> dict[str, object]:
    return {
        "schema": 1, "verb": "watch", "exit_code": int(_code(view)), "at": int(view.now), "newest": view.newest,
        "mirrors": [
            {
                "mirror": one.mirror, "reached": one.reached, "cut": one.cut, "suspended": one.suspended,
                "age_s": one.age_s, "lag_s": view.lags.get(one.mirror), "answer_s": one.seconds,
                "findings": [vars(finding) for finding in one.findings],
            }
            for one in view.looks if one
        ],
        "incidents": [one.as_dict() for one in view.incidents],
        "intrusions": [one.as_dict() for one in view.intrusions],
    }  # fmt: skip


def _replace(path: Path, text: str) -> None:
    """Write a file that others read meanwhile."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.rename(path)
