"""The command `prepctl`.

Imports of what takes long (ansible-runner, rich) wait until a verb runs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from prepctl.call import app as call_app
from prepctl.capacity.cli import capacity
from prepctl.doctor import cli as health
from prepctl.enrol import cli as enrolling
from prepctl.errors import Mistakes, PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.help_text import examples
from prepctl.lab.cli import app as lab_app
from prepctl.lab.shell import LabError
from prepctl.language import translate
from prepctl.logs.cli import collect_logs
from prepctl.memory.cli import memoria
from prepctl.publish import cli as publishing
from prepctl.publish.verbs import drill, list_diffusers
from prepctl.report.cli import app as report_app
from prepctl.status import cli as standing
from prepctl.suspension import resume, suspend
from prepctl.watch.cli import watch

EPILOG = "Exit codes: 0 all well, 1 usage or input error, 2 a control failed, 3 some host unreachable, 4 run failed."

app = typer.Typer(
    help="Brings lent servers to compliance with the call for diffusers of the PREP, and proves it.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command(epilog=enrolling.INIT_EXAMPLES)(enrolling.init)
app.command(epilog=enrolling.ADD_EXAMPLES)(enrolling.add)
app.command("import", epilog=enrolling.IMPORT_EXAMPLES)(enrolling.import_outlets)
app.command(epilog=enrolling.TRUST_EXAMPLES)(enrolling.trust)
app.add_typer(call_app, name="call", epilog=examples("prepctl call show", "prepctl call validate mine.yml"))
app.add_typer(lab_app, name="lab", epilog=examples("prepctl lab up", "prepctl lab down"))
app.add_typer(publishing.app, name="keys", epilog=examples("prepctl keys create", "prepctl keys rotate"))
app.command(epilog=examples("prepctl publish site/", "prepctl publish site/ --drill"))(publishing.publish)
app.command(epilog=examples("prepctl suspend radio-sierra --reason 'Revisión técnica'"))(suspend)
app.command(epilog=examples("prepctl resume radio-sierra"))(resume)
app.command(epilog=examples("prepctl watch", "prepctl watch --once --json"))(watch)
app.command(epilog=examples("prepctl capacity radio-sierra --visitors 20000 --yes-load-my-server"))(capacity)
app.command(epilog=examples("prepctl drill cuts/ --every 60"))(drill)
app.command("list", epilog=examples("prepctl list", "prepctl list --embed radio-sierra"))(list_diffusers)
app.command(epilog=standing.EXAMPLES)(standing.status)
app.command(epilog=health.EXAMPLES)(health.doctor)
app.add_typer(report_app, name="report")
app.command("collect-logs", epilog=examples("prepctl collect-logs", "prepctl collect-logs --verify logs/eleccion"))(
    collect_logs
)
app.command(epilog=examples("prepctl memoria logs/eleccion"))(memoria)

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini, its variables and site.yml.")
]
InventoryOption = Annotated[
    Path | None, typer.Option("--inventory", "-i", help="Another inventory than diffusers.ini.")
]
LimitOption = Annotated[str | None, typer.Option("--limit", "-l", help="Only these hosts.")]
EventsOption = Annotated[
    bool, typer.Option("--events", help="Print a line of JSON for each event as it comes; the last is the outcome.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
VaultFileOption = Annotated[
    Path | None, typer.Option("--vault-password-file", help="File or program with the vault's password.")
]
AskVaultOption = Annotated[bool, typer.Option("--ask-vault-pass", help="Ask for the vault's password.")]
VerboseOption = Annotated[int, typer.Option("--verbose", "-v", count=True, help="More in the run's log.")]


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import PackageNotFoundError, version

        for package in ("iepc-prep", "ansible-core"):
            try:
                typer.echo(f"{package} {version(package)}")
            except PackageNotFoundError:
                typer.echo(f"{package} is not installed")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the versions.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Options of every verb."""


@app.command(epilog=examples("prepctl preflight", "prepctl preflight --limit radio-sierra --json"))
def preflight(
    workspace: WorkspaceOption = Path("."),
    inventory: InventoryOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    vault_password_file: VaultFileOption = None,
    ask_vault_pass: AskVaultOption = False,
    verbose: VerboseOption = 0,
    this_server: Annotated[
        bool, typer.Option("--self", help="For an outlet: look at this machine alone, without a workspace; in Spanish.")
    ] = False,
    call: Annotated[str | None, typer.Option(help="With --self: name of a call, or a YAML file.")] = None,
) -> None:
    """Validate the inventory and contact each server once; changes nothing."""
    if this_server:
        from prepctl import self_check

        answer = self_check.ask(call)
        typer.echo(self_check.as_json(answer) if as_json else self_check.as_text(answer))
        raise typer.Exit(int(answer.code))
    if call:
        raise PrepctlError("--call: expected --self with it; otherwise prep_call in the inventory names the call")
    _run(
        "preflight",
        workspace,
        inventory,
        as_json,
        ask_vault_pass,
        limit=limit,
        vault_password_file=vault_password_file,
        verbosity=verbose,
    )


@app.command(
    epilog=examples(
        "prepctl onboard --dry-run", "prepctl onboard", "prepctl onboard --limit @failed",
        "prepctl onboard --tags apache,firewalld",
    )
)  # fmt: skip
def onboard(
    workspace: WorkspaceOption = Path("."),
    inventory: InventoryOption = None,
    limit: Annotated[
        str | None,
        typer.Option("--limit", "-l", help="Only these hosts; @failed: those on which the last run was not finished."),
    ] = None,
    tags: Annotated[str | None, typer.Option("--tags", "-t", help="Only these, e.g. apache,firewalld.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing, and show each difference (--check --diff).")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Say what would change; change nothing.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Log the differences in files.")] = False,
    freeze_override: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Change servers in the days on which the call freezes them; recorded."),
    ] = None,
    thorough: Annotated[
        bool,
        typer.Option(
            "--thorough",
            help="Run all roles, also on servers that are as the last run left them (-e prep_thorough=true).",
        ),
    ] = False,
    workers: Annotated[
        str | None,
        typer.Option(
            metavar="COUNT|FILE",
            help="Share the diffusers out over so many ansible-runner workers on this machine, or over those whose "
            "commands stand in a file, one a line (ssh node2 ansible-runner worker).",
        ),
    ] = None,
    as_json: JsonOption = False,
    events: EventsOption = False,
    profiled: Annotated[
        bool, typer.Option("--profile", help="Show where the time went, and how many tasks each server was given.")
    ] = False,
    vault_password_file: VaultFileOption = None,
    ask_vault_pass: AskVaultOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Bring the servers to compliance and prove it: exactly `ansible-playbook site.yml`."""
    _run(
        "onboard",
        workspace,
        inventory,
        as_json,
        ask_vault_pass,
        events,
        dry_run,
        profiled,
        workers,
        limit=limit,
        tags=tags,
        check=check or dry_run,
        diff=diff or dry_run,
        freeze_override=freeze_override,
        thorough=thorough,
        vault_password_file=vault_password_file,
        verbosity=verbose,
    )


@app.command(epilog=examples("prepctl check", "prepctl check --limit radio-sierra"))
def check(
    workspace: WorkspaceOption = Path("."),
    inventory: InventoryOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    vault_password_file: VaultFileOption = None,
    ask_vault_pass: AskVaultOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Gather the evidence and write the report; changes nothing on any server."""
    _run(
        "check",
        workspace,
        inventory,
        as_json,
        ask_vault_pass,
        limit=limit,
        vault_password_file=vault_password_file,
        verbosity=verbose,
    )


@app.command(epilog=examples("prepctl man | man -l -", "prepctl man > /usr/local/share/man/man1/prepctl.1"))
def man() -> None:
    """Print the manual page, as man(1) takes it."""
    from importlib.metadata import version

    from prepctl.man import page

    typer.echo(page(app, version("iepc-prep")), nl=False)


def _run(
    verb: str,
    directory: Path,
    inventory: Path | None,
    as_json: bool,
    ask_vault_pass: bool,
    events: bool = False,
    dry_run: bool = False,
    profiled: bool = False,
    workers: str | None = None,
    **request: Any,
) -> None:
    """Run one verb over the workspace and end with its exit code."""
    import time

    from prepctl import outcome, output, precheck, progress, resumption, runner
    from prepctl.differences import Differences
    from prepctl.event_lines import EventLines
    from prepctl.profile import Profile
    from prepctl.report import after_run
    from prepctl.workers import plan
    from prepctl.workspace import Workspace

    workspace = Workspace.open(directory, inventory)
    if request.get("limit") == resumption.FAILED:
        request["limit"] = ",".join(resumption.failed(workspace.directory / "runs"))
    precheck.check(workspace, request.get("limit"))
    shared_by = plan.read(workers) if workers else []
    password = typer.prompt("Vault password", hide_input=True, err=True) if ask_vault_pass else None
    wanted = runner.Request(workspace, verb, vault_password=password, **request)
    started = time.monotonic()
    collected, differences, profile = outcome.Collector(), Differences(), Profile()
    # With --json and --events standard output is for those alone.
    console = progress.open_console(sys.stderr if as_json or events else sys.stdout)
    lines = EventLines(sys.stdout) if events else None
    with progress.Progress(console) as shown:

        def handle(event: runner.Event) -> None:
            collected(event)
            differences(event)
            profile(event)
            shown(event)
            if lines:
                lines(event)

        if shared_by:
            from prepctl.workers import run

            finished = run.run(wanted, shared_by, collected, handle)
        else:
            finished = runner.run(wanted, handle)
    result = outcome.conclude(verb, collected, finished, workspace.directory, time.monotonic() - started)
    if result.report:
        result.notes += filter(None, [after_run.record(result.report, workspace.directory)])
    result.profile = profile.write(finished.log.parent)
    if lines:
        lines.end(result)
    elif as_json:
        output.print_json(result)
    else:
        if dry_run:
            differences.show(console)
        if profiled:
            output.print_profile(console, profile, result.profile)
        output.print_outcome(console, result)
    raise typer.Exit(int(result.code))


# Click's ClickException, which newer releases of Typer carry a copy of and older ones import.
_UsageProblem: type[Exception] = next(
    one for one in typer.BadParameter.__mro__ if one.__name__ == "ClickException" and issubclass(one, Exception)
)


# What Typer makes of Ctrl-C.
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Entry point: runs the command line and exits.

    No traceback without ``--debug``: one line that says what to do.
    """
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given or bool(os.environ.get("PREPCTL_DEBUG"))
    # --debug may stand anywhere.
    given = [word for word in given if word != "--debug"]
    _end_in_order()
    try:
        code = app(given, prog_name="prepctl", standalone_mode=False)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
    except typer.Abort:
        code = _complain("cancelled", ExitCode.USAGE)
    except KeyboardInterrupt:
        code = _complain("cancelled; run the same command again", ExitCode.RUN_FAILED)
    except OSError as problem:
        if debug:
            raise
        # What a verb did not expect of a file system or a network, in the system's own words.
        where = f"{problem.filename}: " if problem.filename else ""
        code = _complain(f"{where}{problem.strerror or problem}", ExitCode.RUN_FAILED)
    except _UsageProblem as problem:
        # Which option it is about is in the formatted message alone.
        said = problem.format_message() if hasattr(problem, "format_message") else str(problem)
        code = _complain(f"{said} (prepctl --help)", ExitCode.USAGE)
    except Mistakes as problem:
        if debug:
            raise
        code = max(_complain(line, problem.code) for line in problem.lines)
    except PrepctlError as problem:
        if debug:
            raise
        code = _complain(str(problem), problem.code)
    except LabError as problem:
        if debug:
            raise
        code = _complain(str(problem), ExitCode.RUN_FAILED)
    except Exception as problem:
        if debug:
            raise
        what = f"unexpected {type(problem).__name__}: {problem} (--debug shows where)"
        code = _complain(what, ExitCode.RUN_FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _end_in_order() -> None:
    """Take SIGTERM and a closed terminal for Ctrl-C, so that what is temporary is removed on the way out."""

    def interrupt(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        # One that is ignored stays so: nohup.
        if threading.current_thread() is threading.main_thread() and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, interrupt)


def _complain(message: str, code: ExitCode) -> int:
    with contextlib.suppress(OSError):  # the terminal may be gone
        print("prepctl: " + translate(" ".join(message.split())), file=sys.stderr)
    return int(code)
