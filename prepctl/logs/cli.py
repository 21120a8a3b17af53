"""`prepctl collect-logs`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.report import PRIVATE_KEY, PUBLIC_KEY

if TYPE_CHECKING:
    from prepctl.logs.collect import Collected

MB = 1 << 20
# More lines about one server than these are in the inventory, not on the screen.
SHOWN = 10


def collect_logs(
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini.")] = Path("."),
    inventory: Annotated[Path | None, typer.Option("--inventory", "-i", help="Another than diffusers.ini.")] = None,
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="Only these diffusers.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="\"YYYY-MM-DD HH:MM\" in the call's zone (default: the call's).")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Likewise; a day is meant whole.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Directory (default: logs/CALL in the workspace).")
    ] = None,
    max_file_mb: Annotated[int, typer.Option(min=1, help="The largest log that is taken, unpacked.")] = 8192,
    max_server_mb: Annotated[int, typer.Option(min=1, help="The most that is taken of one server, unpacked.")] = 32768,
    patience: Annotated[int, typer.Option(min=1, help="Minutes after which a server is left for the next run.")] = 240,
    verify: Annotated[
        Path | None, typer.Option("--verify", metavar="DIR", help="Only verify what was collected. Exit code 2 if not.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", help=f"Private key (default: {PRIVATE_KEY}); with --verify the public ({PUBLIC_KEY})."),
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="File whose first line is the key's passphrase.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")] = False,
    vault_password_file: Annotated[
        Path | None, typer.Option("--vault-password-file", help="File or program with the vault's password.")
    ] = None,
    ask_vault_pass: Annotated[bool, typer.Option("--ask-vault-pass", help="Ask for the vault's password.")] = False,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="More in the run's log.")] = 0,
) -> None:
    """Collect every diffuser's logs of the call's window, signed; goes on where a run was cut off."""
    if verify:
        _verify(verify, key or workspace / PUBLIC_KEY, as_json)
        return
    from prepctl import progress
    from prepctl.logs import window as windows
    from prepctl.logs.collect import Bounds, collect
    from prepctl.publish import mirrors
    from prepctl.report import keys, verbs
    from prepctl.workspace import Workspace

    opened = Workspace.open(workspace, inventory)
    # Whatever is wrong is said before a server is asked.
    signer = keys.load_private(key or opened.directory / PRIVATE_KEY, lambda: verbs.passphrase(passphrase_file))
    password = typer.prompt("Vault password", hide_input=True, err=True) if ask_vault_pass else None
    known = mirrors.load(opened, None, vault_password_file, password)
    wanted = mirrors.load(opened, limit, vault_password_file, password) if limit else known
    span = windows.resolve(known.call, since, until, time.time())
    directory = (output or opened.directory / "logs" / span.name).resolve()
    if directory.exists() and not directory.is_dir():
        raise PrepctlError(f"{directory}: expected a directory, found a file")
    started = time.monotonic()
    console = progress.open_console(sys.stderr if as_json else sys.stdout)
    with progress.Progress(console) as shown:
        done = collect(
            opened, known, [one.name for one in wanted.mirrors], span, directory, signer,
            Bounds(max_file_mb * MB, max_server_mb * MB, patience * 60), shown,
            vault_password_file=vault_password_file, vault_password=password, verbosity=verbose,
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(done.as_dict(), ensure_ascii=False, indent=2))
    else:
        _tell(done, time.monotonic() - started)
    raise typer.Exit(int(done.code))


def _tell(done: Collected, seconds: float) -> None:
    from prepctl.output import MEANINGS

    told = done.window.told()
    typer.echo(f"window: {told['opens']} to {told['closes']} ({done.window.zone})")
    for one in done.diffusers:
        words = f"{one['name']:20} {one['outcome']:12}"
        if one["outcome"] in ("complete", "incomplete"):
            words += f" {one['files']:4} files {one['bytes'] / 1e6:10.1f} MB"
            words += f"   {one['fetched_files']} fetched, {one['fetched_bytes'] / 1e6:.1f} MB"
        typer.echo(f"{words} {one['reason']}".rstrip())
        left_out = one["left_out"] if one["outcome"] == "incomplete" else []
        lines = [f"{item['source']}: {item['why']}" for item in left_out] + one["notes"]
        for line in lines[:SHOWN]:
            typer.echo(f"{'':20} {line}")
        if len(lines) > SHOWN:
            typer.echo(f"{'':20} and {len(lines) - SHOWN} more; see the inventory")
    records = sum(one["records"] for one in done.watch)
    typer.echo(f"{'watch':20} {records} records of incidents, cuts and deliveries")
    for error in done.errors:
        typer.echo(f"failed: {error}")
    typer.echo(f"{done.directory}/inventory.json: SHA-256 {done.inventory_sha256}, signed with {done.key[:16]}...")
    typer.echo(f"collect-logs: {MEANINGS[done.code]} ({seconds:.0f} s)")


def _verify(directory: Path, public: Path, as_json: bool) -> None:
    from prepctl.logs import inventory
    from prepctl.report import keys

    found = inventory.verify(directory, keys.load_public(public))
    if as_json:
        typer.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    else:
        for line in found.problems:
            typer.echo(f"NOT VALID: {line}")
        if not found.problems:
            typer.echo(f"valid: {found.files} files, {found.bytes} bytes")
        for line in inventory.UNPROVEN:
            typer.echo(f"  {line}")
    raise typer.Exit(int(ExitCode.CONTROL_FAILED if found.problems else ExitCode.OK))
