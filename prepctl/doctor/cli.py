"""`prepctl doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prepctl.help_text import examples
from prepctl.language import say

if TYPE_CHECKING:
    from prepctl.doctor.finding import Check, Finding

EXAMPLES = examples("prepctl doctor", "prepctl doctor --no-contact --json")
MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red"), "unreachable": ("✗", "yellow")}


def doctor(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini; without one, the machine alone.")
    ] = Path("."),
    inventory: Annotated[Path | None, typer.Option("--inventory", "-i", help="Another than diffusers.ini.")] = None,
    contact: Annotated[bool, typer.Option("--contact/--no-contact", help="Whether to ask the servers' ports.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")] = False,
    vault_password_file: Annotated[
        Path | None, typer.Option("--vault-password-file", help="File or program with the vault's password.")
    ] = None,
) -> None:
    """Is this control node in a state to work? Versions, lane, Docker, clock, keys, vault, host keys, servers.

    Changes nothing. Each line says what is so, and what to do where something is. Exit code 2 when something has to
    be put right, 3 when a server does not answer; what only the lab needs is said and counts for nothing.
    """
    import shutil
    import sys

    from rich.console import Console
    from rich.text import Text

    from prepctl.doctor import machine
    from prepctl.doctor.finding import CODES, carried_out

    checks: list[tuple[str, Check]] = [
        ("versions", machine.versions), ("lane", machine.lane), ("collection", machine.collection),
        ("programs", machine.programs), ("docker", machine.docker), ("clock", machine.clock),
        ("locale", machine.text), ("memory", machine.memory),
    ]  # fmt: skip
    checks += _of_workspace(workspace, inventory, contact, vault_password_file)
    findings: list[Finding] = []
    console = Console(file=sys.stdout, width=max(60, shutil.get_terminal_size((100, 24)).columns))
    for name, check in checks:
        for one in carried_out(name, check):
            findings.append(one)
            if not as_json:
                mark, style = MARKS[one.state]
                line = Text(f"{mark} ", style=style).append(f"{one.check:<13}", style="dim").append(one.said, style="")
                console.print(line, soft_wrap=True)
                if one.fix and one.state != "ok":
                    console.print(Text(f"  → {one.fix}"), soft_wrap=True)
    code = int(max(CODES[one.state] for one in findings))
    if as_json:
        typer.echo(machine.as_json(findings, code))
    elif code == 0:
        typer.echo(say("doctor: all well"))
    else:
        count = sum(one.state in ("fail", "unreachable") for one in findings)
        typer.echo(say("doctor: {count} to put right", count=count))
    raise typer.Exit(code)


def _of_workspace(
    directory: Path, inventory: Path | None, contact: bool, vault_file: Path | None
) -> list[tuple[str, Check]]:
    from prepctl.doctor.workspace import Workshop
    from prepctl.workspace import INVENTORY, Workspace

    # Where nobody named a workspace, and here is none, the machine is all there is to look at.
    if directory == Path(".") and inventory is None and not (directory / INVENTORY).exists():
        return []
    of = Workshop(Workspace.open(directory, inventory), vault_file)
    checks: list[tuple[str, Check]] = [
        ("room", of.room), ("inventory", of.inventory), ("lane", of.lane), ("call", of.call),
        ("permissions", of.permissions), ("vault", of.vault), ("host_keys", of.host_keys),
    ]  # fmt: skip
    return [*checks, ("reachability", of.reachability)] if contact else checks
