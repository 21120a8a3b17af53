"""`prepctl publish` and `prepctl keys`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode

if TYPE_CHECKING:
    from prepctl.publish.publisher import Delivery
    from prepctl.publish.stage import Cut

app = typer.Typer(help="The keys that sign cuts; their public halves go to the mirrors by `prepctl onboard`.",
                  no_args_is_help=True)  # fmt: skip

Workspace = Annotated[
    Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini, its variables and keys.")
]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File with the keys' passphrase (or PREPCTL_KEY_PASSPHRASE).")
]
Protect = Annotated[bool, typer.Option("--passphrase/--no-passphrase", help="Whether the key is protected by one.")]


@app.command()
def create(workspace: Workspace = Path("."), protect: Protect = False, passphrase_file: PassphraseFile = None) -> None:
    """Make the first signing key."""
    from prepctl.publish.keys import KeyRing

    ring = KeyRing(workspace)
    if ring.all():
        raise PrepctlError(f"{ring.directory}: there is a key already; prepctl keys rotate makes the next one")
    _made(ring.create(passphrase(passphrase_file) if protect or passphrase_file else None).public)


@app.command()
def rotate(workspace: Workspace = Path("."), protect: Protect = False, passphrase_file: PassphraseFile = None) -> None:
    """Make the next key beside the one in use: cuts are signed by both until one is retired."""
    from prepctl.publish.keys import KeyRing

    ring = KeyRing(workspace)
    if not ring.all():
        raise PrepctlError(f"{ring.directory}: there is no key yet; prepctl keys create makes one")
    old = ring.all()[0].name
    _made(ring.create(passphrase(passphrase_file) if protect or passphrase_file else None).public)
    typer.echo(f"once every mirror has it: prepctl keys retire {old}")


@app.command()
def retire(name: Annotated[str, typer.Argument(help="The key's name.")], workspace: Workspace = Path(".")) -> None:
    """Remove a key; mirrors forget it with the next `prepctl onboard --tags publication`."""
    from prepctl.publish.keys import KeyRing

    typer.echo(f"removed {KeyRing(workspace).retire(name).private}")


@app.command("list")
def list_keys(
    workspace: Workspace = Path("."), as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Say which keys sign."""
    from prepctl.publish.keys import KeyRing

    keys = [
        {"name": key.name, "created": key.created.isoformat(timespec="seconds"), "passphrase": key.protected}
        for key in KeyRing(workspace).all()
    ]
    if as_json:
        typer.echo(json.dumps(keys))
    for key in [] if as_json else keys:
        typer.echo(f"{key['name']}  {key['created']}  {'passphrase' if key['passphrase'] else 'no passphrase'}")


def publish(
    tree: Annotated[Path, typer.Argument(help="Directory with the site of the cut.")],
    workspace: Workspace = Path("."),
    inventory: Annotated[Path | None, typer.Option("--inventory", "-i", help="Another than diffusers.ini.")] = None,
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="Only these diffusers.")] = None,
    drill: Annotated[bool, typer.Option("--drill", help="A rehearsal's cut: shown during drills alone.")] = False,
    parallel: Annotated[int, typer.Option("--parallel", min=1, help="How many pushes run at once.")] = 16,
    patience: Annotated[float, typer.Option("--patience", min=1, help="Seconds until a mirror is given up.")] = 120,
    passphrase_file: PassphraseFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")] = False,
    vault_password_file: Annotated[
        Path | None, typer.Option("--vault-password-file", help="File or program with the vault's password.")
    ] = None,
    ask_vault_pass: Annotated[bool, typer.Option("--ask-vault-pass", help="Ask for the vault's password.")] = False,
) -> None:
    """Sign a cut, push it to every mirror, and wait until readers see it there."""
    from prepctl.publish import mirrors, push
    from prepctl.publish.keys import KeyRing
    from prepctl.publish.publisher import CODES, Publisher
    from prepctl.publish.stage import Stage
    from prepctl.publish.store import Store
    from prepctl.workspace import Workspace as Opened

    opened = Opened.open(workspace, inventory)
    rsync = push.program()
    password = typer.prompt("Vault password", hide_input=True, err=True) if ask_vault_pass else None
    known = mirrors.load(opened, limit, vault_password_file, password)
    directory = opened.directory / "publication"
    stage = Stage(directory / "stage", known.call["zone"])
    store = Store(directory)
    ring = KeyRing(opened.directory)
    cut = stage.prepare(
        tree, drill=drill, previous=store.previous(drill),
        sign=lambda data: ring.sign(data, lambda: passphrase(passphrase_file)),
    )  # fmt: skip
    _announce(cut, sys.stderr if as_json else sys.stdout)
    publisher = Publisher(cut, store, rsync, parallel=parallel, patience_s=patience)
    done = publisher.publish(known.mirrors, (lambda one: None) if as_json else _tell)
    code = max(CODES[one.outcome] for one in done)
    if as_json:
        typer.echo(json.dumps(_document(cut, done, code), ensure_ascii=False, indent=2))
    else:
        lags = sorted(one.lag_s for one in done if one.lag_s is not None)
        seen = f", the last after {lags[-1]:.1f} s" if lags else ""
        typer.echo(f"publish: {len(lags)} of {len(done)} mirrors show {cut.id}{seen}")
    raise typer.Exit(int(code))


def _announce(cut: Cut, stream: Any) -> None:
    kind = "drill" if cut.cut["drill"] else "cut"
    size = f"{len(cut.files)} files, {cut.bytes / 1e6:.1f} MB, {len(cut.changed)} changed"
    print(f"{kind} {cut.id} of {cut.cut['clock']}: {size}", file=stream)
    for warning in cut.warnings:
        print(f"warning: {warning}", file=stream)


def _tell(one: Delivery) -> None:
    seconds = "" if one.lag_s is None else f"{one.lag_s:.1f} s"
    typer.echo(f"{one.mirror:20} {one.outcome:12} {seconds:>8}  {one.detail}".rstrip())


def _document(cut: Cut, done: list[Delivery], code: ExitCode) -> dict[str, Any]:
    return {
        "schema": 1, "verb": "publish", "exit_code": int(code), "cut": cut.cut, "manifest_sha256": cut.sha256,
        "files": len(cut.files), "bytes": cut.bytes, "changed": len(cut.changed), "warnings": cut.warnings,
        "mirrors": [one.as_dict() for one in done],
    }  # fmt: skip


def passphrase(path: Path | None) -> bytes | None:
    """From a file, the environment, or the person at the terminal; never from the command line."""
    if path:
        try:
            return path.read_bytes().strip()
        except OSError as problem:
            raise PrepctlError(f"{path}: {problem.strerror}") from None
    given = os.environ.get("PREPCTL_KEY_PASSPHRASE")
    if given:
        return given.encode()
    return str(typer.prompt("Passphrase of the signing key", hide_input=True, err=True)).encode()


def _made(public: Path) -> None:
    typer.echo(f"made {public.with_suffix('.key')}; its public half, {public}, goes to the mirrors with")
    typer.echo("prepctl onboard --tags publication")
