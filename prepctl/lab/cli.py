"""`prepctl lab up|down|status`."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Annotated

import typer

from prepctl.lab import containers, images, workspace
from prepctl.lab.plan import (
    DEFAULT_DIFFUSERS,
    DEFAULT_NAME,
    DEFAULT_SUBNET,
    MACHINES,
    MOST_DIFFUSERS,
    Lab,
    Machine,
    planned,
)
from prepctl.lab.shell import LabError

app = typer.Typer(help="A lab of three diffusers, an origin and a reader, in Docker.", no_args_is_help=True)

Name = Annotated[str, typer.Option("--name", help="Name of the lab; labels its containers and network.")]
Subnet = Annotated[str, typer.Option("--subnet", help="IPv4 /24 of the lab's own network.")]
Workspace = Annotated[
    Path | None, typer.Option("--workspace", help="Where keys and inventory go (default: inventories/lab).")
]
Machines = Annotated[
    str | None,
    typer.Option("--machines", help=f"Only these, by commas: {', '.join(m.name for m in MACHINES)} (default: all)."),
]
Diffusers = Annotated[
    int,
    typer.Option("--diffusers", help=f"So many diffusers, {MOST_DIFFUSERS} at most; the further ones run Debian 12."),
]
BareVars = Annotated[
    bool,
    typer.Option("--connection-only", help="Workspace without call and outlets: only how the machines are reached."),
]


def _members(names: str | None, diffusers: int) -> tuple[Machine, ...]:
    """The machines that were asked for, in the plan's order."""
    if not DEFAULT_DIFFUSERS <= diffusers <= MOST_DIFFUSERS:
        raise LabError(f"--diffusers: expected {DEFAULT_DIFFUSERS} to {MOST_DIFFUSERS}, got {diffusers}")
    machines = planned(diffusers)
    if names is None:
        return machines
    wanted = [name.strip() for name in names.split(",")]
    known = {machine.name for machine in machines}
    for name in wanted:
        if name not in known:
            raise LabError(f"--machines: expected some of {', '.join(sorted(known))}, got {name!r}")
    return tuple(machine for machine in machines if machine.name in wanted)


def _lab(
    name: str,
    subnet: str,
    directory: Path | None,
    machines: str | None = None,
    diffusers: int = DEFAULT_DIFFUSERS,
) -> Lab:
    try:
        network = ipaddress.IPv4Network(subnet)
    except ValueError as error:
        raise LabError(f"--subnet: expected an IPv4 network such as {DEFAULT_SUBNET}: {error}") from None
    if network.prefixlen > 24:
        raise LabError(f"--subnet: expected a /24 or larger, got /{network.prefixlen}")
    return Lab(name, network, (directory or workspace.TEMPLATE).resolve(), _members(machines, diffusers))


@app.command()
def up(
    name: Name = DEFAULT_NAME,
    subnet: Subnet = DEFAULT_SUBNET,
    directory: Workspace = None,
    machines: Machines = None,
    diffusers: Diffusers = DEFAULT_DIFFUSERS,
    connection_only: BareVars = False,
) -> None:
    """Start the lab; what runs already is left as it is."""
    lab = _lab(name, subnet, directory, machines, diffusers)
    start(lab, connection_only=connection_only)
    typer.echo(f"lab {name}: {len(lab.members)} machines up on {lab.subnet}; workspace {lab.workspace}")


def start(lab: Lab, *, connection_only: bool = False) -> None:
    """Have a lab's workspace and machines; what is there stays as it is."""
    workspace.prepare(lab, connection_only=connection_only)
    images.ensure_images({machine.suite for machine in lab.members})
    containers.create_network(lab)
    containers.write_resolver(lab)
    containers.start_all(lab)
    workspace.connect(lab)
    for machine in lab.machines("origin"):
        containers.serve_time(lab, machine)


@app.command()
def down(name: Name = DEFAULT_NAME) -> None:
    """Remove the lab's containers and network; its workspace and the base images stay."""
    removed = containers.remove_all(_lab(name, DEFAULT_SUBNET, None))
    typer.echo(f"lab {name}: {removed} machines removed")


@app.command()
def status(
    name: Name = DEFAULT_NAME,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say which machines run. Exit code 3 when one does not."""
    have = containers.states(_lab(name, DEFAULT_SUBNET, None))
    table = {**{machine.name: "absent" for machine in MACHINES}, **dict(sorted(have.items()))}
    if as_json:
        typer.echo(json.dumps(table))
    else:
        for machine, state in table.items():
            typer.echo(f"{machine:12} {state}")
    if any(state != "running" for state in table.values()):
        raise typer.Exit(3)
