"""`prepctl drill` and `prepctl list`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode

if TYPE_CHECKING:
    from prepctl.publish.publisher import Delivery


def drill(
    cuts: Annotated[Path, typer.Argument(help="Directory with one directory for each cut's site.")],
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini.")] = Path("."),
    inventory: Annotated[Path | None, typer.Option("--inventory", "-i", help="Another than diffusers.ini.")] = None,
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="Only these diffusers.")] = None,
    every: Annotated[
        float | None, typer.Option(min=0, help="Seconds between two cuts; the call's cadence unless given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    passphrase_file: Annotated[
        Path | None,
        typer.Option("--passphrase-file", help="File with the keys' passphrase (or PREPCTL_KEY_PASSPHRASE)."),
    ] = None,
    vault_password_file: Annotated[
        Path | None, typer.Option("--vault-password-file", help="File or program with the vault's password.")
    ] = None,
) -> None:
    """Rehearse: publish test cuts one after another, measure each, and report."""
    from prepctl.incidents import Incidents
    from prepctl.publish import drill as drills
    from prepctl.publish import mirrors, push
    from prepctl.publish.cli import passphrase
    from prepctl.publish.keys import KeyRing
    from prepctl.publish.publisher import Publisher
    from prepctl.publish.stage import Stage
    from prepctl.publish.store import Store
    from prepctl.watch.service import DOWN_LOOKS, Watch
    from prepctl.workspace import Workspace

    opened = Workspace.open(workspace, inventory)
    trees = sorted(path for path in cuts.iterdir() if path.is_dir()) if cuts.is_dir() else []
    if not trees:
        raise PrepctlError(f"{cuts}: expected a directory for each cut, found none")
    rsync = push.program()
    known = mirrors.load(opened, limit, vault_password_file, None)
    if not known.drill_on(time.time()):
        raise PrepctlError("no drill is on now, so mirrors would refuse its cuts; see the call's days and prep_drills")
    cadence = float(known.call["update_interval_minutes"]) * 60 if every is None else every
    directory = opened.directory / "publication"
    stage, store, ring = Stage(directory / "stage", known.call["zone"]), Store(directory), KeyRing(opened.directory)
    secret = passphrase(passphrase_file) if any(key.protected for key in ring.all()) else None

    def publish(tree: Path) -> list[Delivery]:
        cut = stage.prepare(
            tree, drill=True, previous=store.previous(True), sign=lambda data: ring.sign(data, lambda: secret)
        )
        done = Publisher(cut, store, rsync).publish(known.mirrors, lambda one: None)
        if not as_json:
            lags = [one.lag_s for one in done if one.lag_s is not None]
            slowest = f", the last after {max(lags):.1f} s" if lags else ""
            typer.echo(f"{cut.cut['clock'][11:16]}  {len(lags)} of {len(done)} mirrors{slowest}")
        Watch(known, directory, every_s=0.2, cycle_s=4).run(DOWN_LOOKS)
        return done

    report = drills.run(known, trees, cadence, publish)
    since = report["actual"]["start_epoch"]
    names = {mirror.name for mirror in known.mirrors}
    incidents = [one.as_dict() for one in Incidents(directory).all(since=since) if one.mirror in names]
    report["incidents"] = incidents
    for one in report["mirrors"]:
        one["failed_checks"] += sum(item["mirror"] == one["mirror"] for item in incidents)
    place = drills.write(report, directory / "drills")
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{place / 'drill.html'}")
    raise typer.Exit(int(report["exit_code"]))


def list_diffusers(
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini.")] = Path("."),
    inventory: Annotated[Path | None, typer.Option("--inventory", "-i", help="Another than diffusers.ini.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Directory to write; replaced whole.")] = None,
    embed: Annotated[str | None, typer.Option(metavar="HOST", help="Print this diffuser's snippet alone.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    vault_password_file: Annotated[
        Path | None, typer.Option("--vault-password-file", help="File or program with the vault's password.")
    ] = None,
) -> None:
    """Write the public page of official diffusers: those fit and not suspended, with logo and link."""
    from prepctl.publish import listing, mirrors
    from prepctl.workspace import Workspace

    opened = Workspace.open(workspace, inventory)
    known = mirrors.load(opened, embed, vault_password_file, None)
    if embed:
        typer.echo(listing.snippet(listing.Entry(known.mirrors[0], "")), nl=False)
        return
    directory = (output or listing.default_directory(opened.directory)).resolve()
    if directory.exists() and not (directory / "index.html").exists():
        raise PrepctlError(f"{directory}: expected a list of an earlier run, or nothing, found something else")
    found = listing.write(known, opened.directory, directory)
    if as_json:
        diffusers = [
            {"name": one.mirror.name, "outlet": one.outlet, "url": one.url, "left_out": one.left_out} for one in found
        ]
        typer.echo(json.dumps({"schema": 1, "page": str(directory / "index.html"), "diffusers": diffusers}, indent=2))
    else:
        for one in found:
            typer.echo(f"{one.mirror.name:20} {one.left_out or 'listed'}")
        typer.echo(str(directory / "index.html"))
    raise typer.Exit(int(ExitCode.OK))
