"""`prepctl suspend` and `prepctl resume`: the institute interrupts a transmission, and lets it go on (I.11).

A playbook of one task puts the notice on the server; what counts is what a reader is answered then.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode

if TYPE_CHECKING:
    from prepctl.publish.mirrors import Mirror

PAGE_BYTES = 8 * 1024 * 1024

Hosts = Annotated[str, typer.Argument(metavar="HOST", help="The diffuser; several by commas.")]
WorkspaceOption = Annotated[Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini.")]
InventoryOption = Annotated[Path | None, typer.Option("--inventory", "-i", help="Another than diffusers.ini.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")]
VaultFile = Annotated[
    Path | None, typer.Option("--vault-password-file", help="File or program with the vault's password.")
]


def suspend(
    hosts: Hosts,
    reason: Annotated[str, typer.Option("--reason", help="Why, as readers see it on the notice.")],
    authority: Annotated[str | None, typer.Option(help="Who says so; the institute unless given.")] = None,
    workspace: WorkspaceOption = Path("."),
    inventory: InventoryOption = None,
    vault_password_file: VaultFile = None,
    as_json: JsonOption = False,
) -> None:
    """Interrupt a diffuser's transmission: readers get a notice (503) from the next request on."""
    if not reason.strip():
        raise PrepctlError("--reason: expected why the transmission is interrupted, got nothing")
    variables = {"prep_suspend_reason": reason, **({"prep_suspend_authority": authority} if authority else {})}
    _act("suspend", hosts, workspace, inventory, vault_password_file, variables, as_json)


def resume(
    hosts: Hosts,
    workspace: WorkspaceOption = Path("."),
    inventory: InventoryOption = None,
    vault_password_file: VaultFile = None,
    as_json: JsonOption = False,
) -> None:
    """Let a suspended diffuser show the latest cut again."""
    _act("resume", hosts, workspace, inventory, vault_password_file, {}, as_json)


def _act(
    verb: str,
    hosts: str,
    directory: Path,
    inventory: Path | None,
    vault_file: Path | None,
    variables: dict[str, Any],
    as_json: bool,
) -> None:
    from prepctl import outcome, runner
    from prepctl.incidents import SUSPENDED, Incidents
    from prepctl.publish import listing, mirrors
    from prepctl.workspace import Workspace

    workspace = Workspace.open(directory, inventory)
    known = mirrors.load(workspace, hosts, vault_file, None)
    collected = outcome.Collector()
    request = runner.Request(
        workspace, verb, limit=",".join(one.name for one in known.mirrors), variables=variables,
        vault_password_file=vault_file,
    )  # fmt: skip
    finished = runner.run(request, collected)
    ran = outcome.conclude(verb, collected, finished, workspace.directory, 0)
    trouble = {
        one.name: one.reason or one.failed_task for one in ran.diffusers if one.reached is False or one.failed_task
    }
    incidents = Incidents(workspace.directory / "publication")
    lines = []
    for mirror in known.mirrors:
        said = trouble.get(mirror.name) or _seen_outside(mirror, verb)
        if verb == "suspend" and mirror.name not in trouble:
            incidents.open(mirror.name, SUSPENDED, variables["prep_suspend_reason"], variables)
        elif verb == "resume" and not said:
            incidents.close(mirror.name, SUSPENDED)
        lines.append({"diffuser": mirror.name, "done": not said, "detail": said})
    page = listing.default_directory(workspace.directory)
    if page.exists():
        listing.write(mirrors.load(workspace, None, vault_file, None), workspace.directory, page)
    code = ran.code if ran.code else ExitCode.CONTROL_FAILED if any(one["detail"] for one in lines) else ExitCode.OK
    if as_json:
        document = {"schema": 1, "verb": verb, "exit_code": int(code), "diffusers": lines, "errors": ran.errors}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        word = "shows the notice" if verb == "suspend" else "shows results"
        for line in lines:
            typer.echo(f"{line['diffuser']:20} {line['detail'] or word}")
        for error in ran.errors:
            typer.echo(f"failed: {error}")
    raise typer.Exit(int(code))


def _seen_outside(mirror: Mirror, verb: str) -> str:
    """What a reader is answered instead of what was meant; empty if it is that."""
    from prepctl.publish.reader import OK, SUSPENDED, Reader, Unseen

    wanted = SUSPENDED if verb == "suspend" else OK
    reader = Reader(mirror)
    try:
        status, _body = reader.answer("/", PAGE_BYTES)
    except Unseen as problem:
        return f"a reader gets no answer: {problem}"
    finally:
        reader.close()
    return "" if status == wanted else f"expected that readers get {wanted}, they get {status}"
