"""`prepctl report`: formats, differences, history, signatures.

What does the work is imported when a verb runs: it brings YAML, Jinja and cryptography with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from prepctl.report import FORMATS, PRIVATE_KEY, PUBLIC_KEY

DEFAULT = "write"


class _DefaultGroup(TyperGroup):
    """`prepctl report [RUN]` is `prepctl report write [RUN]`: what is no verb belongs to it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = [DEFAULT, *args]
        return list(super().parse_args(ctx, args))


app = typer.Typer(
    cls=_DefaultGroup,
    help="Reports of a run: `prepctl report [RUN|FILE] --format pdf,csv` (see `prepctl report write --help`).",
)

Workspace = Annotated[Path, typer.Option("--workspace", "-w", help="Directory that holds reports/.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")]
Run = Annotated[str | None, typer.Argument(help="A run's name, or a report's file; the newest run if left out.")]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File whose first line is the key's passphrase.")
]


@app.command(DEFAULT)
def write(
    run: Run = None,
    workspace: Workspace = Path("."),
    formats: Annotated[
        str, typer.Option("--format", "-f", help=f"Some of {', '.join(FORMATS)}, by commas; or all.")
    ] = "html",
    lang: Annotated[str, typer.Option("--lang", help="es or en.")] = "es",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Directory (default: the run's own).")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Say what changed since the run before.")] = False,
    base: Annotated[
        str | None, typer.Option("--since", help="With --diff: the run to compare with, instead of the one before.")
    ] = None,
    take_in: Annotated[
        bool, typer.Option("--import", help="Take RUN, or every report of the workspace, into the history.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a report's formats (the default verb), or say what changed."""
    from prepctl.report import verbs

    if take_in:
        verbs.take_in(workspace, run, as_json)
    elif diff:
        verbs.differences_of(workspace, run, base, as_json)
    else:
        verbs.write(workspace, run, formats, lang, output, as_json)


@app.command()
def key(
    workspace: Workspace = Path("."),
    private: Annotated[Path | None, typer.Option("--output", help=f"The file (default: {PRIVATE_KEY}).")] = None,
    passphrase_file: PassphraseFile = None,
    no_passphrase: Annotated[bool, typer.Option("--no-passphrase", help="Leave the key's file unprotected.")] = False,
) -> None:
    """Make the key with which reports are signed (ECDSA P-256), in keys/ of the workspace."""
    from prepctl.report import verbs

    verbs.make_key(private or workspace / PRIVATE_KEY, passphrase_file, no_passphrase)


@app.command()
def sign(
    run: Run = None,
    workspace: Workspace = Path("."),
    private: Annotated[
        Path | None, typer.Option("--key", envvar="PREPCTL_REPORT_KEY", help=f"Private key (default: {PRIVATE_KEY}).")
    ] = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Sign a run's report, chained to the one signed before; without RUN all that are not signed yet."""
    from prepctl.report import verbs

    verbs.sign(workspace, run, private or workspace / PRIVATE_KEY, passphrase_file, as_json)


@app.command()
def verify(
    what: Annotated[
        Path | None, typer.Argument(help="A report's file, or the directory of all runs (default: reports).")
    ] = None,
    workspace: Workspace = Path("."),
    public: Annotated[Path | None, typer.Option("--key", help=f"Public key (default: {PUBLIC_KEY}).")] = None,
    head: Annotated[
        str | None, typer.Option("--head", help="SHA-256 that the last seal must have, or its first digits.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify signatures and, for a directory, that no run is missing, doubled or moved. Exit code 2 if not."""
    from prepctl.report import verbs

    verbs.verify(workspace, what, public or workspace / PUBLIC_KEY, head, as_json)
