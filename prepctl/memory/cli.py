"""`prepctl memoria`. What does the work is imported when the verb runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode

FORMATS = "html,pdf,csv,parquet"


def memoria(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOGS...", help="A directory that collect-logs filled, or NAME=PATH of an outlet's access logs."
        ),
    ],
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Directory with host_vars/ and keys/.")] = Path(
        "."
    ),
    call: Annotated[
        str | None, typer.Option(help="The call; else that of the collected logs or of the workspace.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help='First minute, "YYYY-MM-DD HH:MM" or a day; else the call\'s window.')
    ] = None,
    until: Annotated[str | None, typer.Option(help="Last minute, or the last day.")] = None,
    zone: Annotated[str | None, typer.Option(help="Time zone of days and hours; else the call's.")] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option("--baseline", help="NAME=PATH of earlier logs that the normal average is taken from."),
    ] = None,
    averages: Annotated[
        Path | None, typer.Option(help="YAML with declared averages of a day: NAME: {hits: 1, pages: 1, visits: 1}.")
    ] = None,
    comments: Annotated[
        list[str] | None, typer.Option("--comments", help="NAME=FILE in Markdown, or a directory with NAME.md.")
    ] = None,
    cdn: Annotated[
        list[str] | None,
        typer.Option("--cdn", help="Address range of a CDN, whose word about readers' addresses is believed."),
    ] = None,
    formats: Annotated[str, typer.Option("--format", "-f", help=f"Some of {FORMATS}, by commas.")] = FORMATS,
    lang: Annotated[str, typer.Option("--lang", help="es or en.")] = "es",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Directory (default: memoria/ of the workspace).")
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 for one a processor.")] = 0,
    memory_mb: Annotated[
        int, typer.Option("--memory", min=400, help="MB that all of it may take; what is more goes to disk.")
    ] = 900,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")] = False,
) -> None:
    """Write the technical memory (clause IV): documents per outlet and for all, with the tables behind them."""
    wanted_formats = tuple(one.strip() for one in formats.split(",") if one.strip())
    unknown = [one for one in wanted_formats if one not in FORMATS.split(",")]
    if unknown or not wanted_formats:
        raise PrepctlError(f"--format: expected some of {FORMATS}, got {', '.join(unknown) or 'none'}")
    if not workspace.is_dir():
        raise PrepctlError(f"{workspace}: expected a workspace directory, found none")
    try:
        from prepctl.memory import make
    except ImportError as missing:
        raise PrepctlError(
            f"prepctl memoria needs more than is installed ({missing}); pip install iepc-prep"
        ) from missing
    wanted = make.Wanted(
        workspace,
        logs,
        call,
        since,
        until,
        zone,
        baseline or [],
        averages,
        comments or [],
        tuple(cdn or ()),
        lang,
        wanted_formats,
        jobs,
        memory_mb,
        output,
    )
    made = make.make(wanted, lambda line: print(line, file=sys.stderr if as_json else sys.stdout, flush=True))
    if as_json:
        typer.echo(json.dumps(made.as_dict(), ensure_ascii=False, indent=2))
    else:
        for path in made.files:
            if path.suffix in (".html", ".pdf"):
                typer.echo(str(path))
        typer.echo(f"memoria: {len(made.files)} files in {made.directory} ({made.seconds:.0f} s)")
    raise typer.Exit(int(ExitCode.OK))
