"""`prepctl call validate|show`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode

app = typer.Typer(help="The call for diffusers as data: is it right, and what does it ask?", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(help="YAML file of a call.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Say each mistake of a call in one line. Exit code 1 when there is one."""
    call, mistakes = _examine(file)
    if as_json:
        typer.echo(json.dumps({"file": str(file), "valid": not mistakes, "mistakes": mistakes}, ensure_ascii=False))
    elif mistakes:
        typer.echo("\n".join(mistakes), err=True)
    else:
        typer.echo(f"{file.name}: {len(call['clauses'])} clauses, {len(call['controls'])} controls, no mistakes")
    if mistakes:
        raise typer.Exit(int(ExitCode.USAGE))


@app.command()
def show(
    name: Annotated[
        str | None, typer.Argument(help="Name of a call, or a YAML file; without one, the calls at hand.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a call asks, with its times in UTC."""
    if name is None:
        _list(as_json)
        return
    from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import UnknownCallError, find_call

    try:
        file = find_call(name)
    except UnknownCallError as problem:
        raise PrepctlError(str(problem)) from None
    call, mistakes = _examine(file)
    if mistakes:
        raise PrepctlError("; ".join(mistakes))
    told = _told(call)
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2) if as_json else _page(told))


def _examine(file: Path) -> tuple[Any, list[str]]:
    """(the call, its mistakes, one line each)"""
    import yaml
    from ansible_collections.iepc.prep.plugins.module_utils import call as call_model
    from ansible_collections.iepc.prep.plugins.module_utils.controls.registry import CHECKS
    from ansible_collections.iepc.prep.plugins.plugin_utils.call_times import zone_problem

    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as problem:
        return None, [f"{file.name}: (file): expected a file in YAML, got {' '.join(str(problem).split())}"]
    mistakes = call_model.problems(data, file.name, CHECKS)
    if not mistakes:
        # By the table of zones on this machine, which the servers' times are worked out with.
        wrong = zone_problem(data)
        mistakes = [f"{file.name}: {wrong}"] if wrong else []
    return data, mistakes


def _told(call: dict[str, Any]) -> dict[str, Any]:
    """What a person asks a call first: when, what, how much of it is proven how."""
    from ansible_collections.iepc.prep.plugins.plugin_utils.call_times import windows_in_utc

    controls = call["controls"]
    return {
        "id": call["id"],
        "title": call["title"],
        "institute": call["institute"],
        "document": call["document"],
        "zone": call["zone"],
        "windows": windows_in_utc(call),
        "deadlines": {document["slug"]: document.get("deadline") for document in call["documents"]},
        "stages": [stage["slug"] for stage in call["stages"]],
        "update_interval_minutes": call["update_interval_minutes"],
        "freshness_limit_seconds": call["freshness_limit_seconds"],
        "ports": call["ports"],
        "services": call["services"],
        "accepted_systems": [system["name"] for system in call["accepted_systems"]],
        "controls": [
            {key: control[key] for key in ("slug", "clause", "version", "severity", "source")} for control in controls
        ],
    }


def _page(told: dict[str, Any]) -> str:
    lines = [
        f"{told['id']}: {told['title']['es']}",
        f"{told['institute']['name']}, {told['institute']['unit']}",
        f"zone {told['zone']}; times below are UTC",
        "",
    ]
    lines += [f"{name:<14} {window['opens']} to {window['closes']}" for name, window in told["windows"].items()]
    lines += ["", *(f"{slug:<24} until {day or 'no set day'}" for slug, day in told["deadlines"].items()), ""]
    ports = {kind: ", ".join(map(str, ports)) for kind, ports in told["ports"].items()}
    lines += [
        f"stages: {', '.join(told['stages'])}",
        f"systems: {', '.join(told['accepted_systems'])}",
        f"ports: {ports['public']} public; {ports['restricted']} for the institute",
        f"a cut every {told['update_interval_minutes']} min, seen within {told['freshness_limit_seconds']} s",
        "",
    ]
    width = max(len(control["slug"]) for control in told["controls"])
    lines += [
        f"{control['clause']:<6} {control['slug']:<{width}} v{control['version']} {control['severity']:<11} "
        f"{', '.join(control['source'])}"
        for control in told["controls"]
    ]
    return "\n".join(lines)


def _list(as_json: bool) -> None:
    import yaml
    from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import find_call, known_calls

    titles = {name: yaml.safe_load(find_call(name).read_text(encoding="utf-8"))["title"] for name in known_calls()}
    if as_json:
        typer.echo(json.dumps(titles, ensure_ascii=False, indent=2))
        return
    for name, title in titles.items():
        typer.echo(f"{name:<16} {title['es']}")
