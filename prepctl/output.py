"""What a person sees at the end of a run."""

from __future__ import annotations

import json
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prepctl.exit_codes import ExitCode
from prepctl.language import is_spanish, say, translate
from prepctl.outcome import Diffuser, Outcome
from prepctl.profile import Profile

STYLES = {
    "APTO": "bold green",
    "APTO CON OBSERVACIONES": "green",
    "NO APTO": "bold red",
    "NO CONCLUYENTE": "yellow",
    "unreachable": "yellow",
    "refused": "red",
    "failed": "red",
    "ready": "green",
}
MEANINGS = {
    ExitCode.OK: "all well",
    ExitCode.USAGE: "usage or input error",
    ExitCode.CONTROL_FAILED: "not everything required is proven",
    ExitCode.UNREACHABLE: "not every server was reached",
    ExitCode.RUN_FAILED: "the run failed",
}
# More slugs than these do not fit a line; the report has them all.
SHOWN_CONTROLS = 4


def print_json(outcome: Outcome) -> None:
    """The whole outcome as one JSON document on standard output."""
    print(json.dumps(outcome.as_dict(), ensure_ascii=False, indent=2))


def print_outcome(console: Console, outcome: Outcome) -> None:
    """Input errors, or the table per diffuser with the report's path; then what broke."""
    if outcome.input_errors:
        for line in outcome.input_errors:
            _line(console, translate(line))
        count = len(outcome.input_errors)
        one = "1 mistake in the inventory; no server was touched."
        many = "{count} mistakes in the inventory; no server was touched."
        _line(console, say(one) if count == 1 else say(many, count=count))
        return
    if outcome.diffusers:
        console.print(table(outcome))
        for line in _as_left(outcome.diffusers):
            _line(console, line)
    if outcome.report:
        _line(console, say("report: {path}", path=_short(outcome.html or outcome.report)))
    for note in outcome.notes:
        _line(console, say("note: {text}", text=note))
    for error in outcome.errors:
        _line(console, say("failed: {text}", text=error))
    if outcome.errors:
        _line(console, say("log: {path}", path=_short(outcome.log)))
    meaning = say(MEANINGS[outcome.code])
    _line(console, say("{verb}: {meaning} ({seconds} s)", verb=outcome.verb, meaning=meaning,
                       seconds=f"{outcome.seconds:.0f}"))  # fmt: skip


def print_profile(console: Console, profile: Profile, path: Path | None) -> None:
    """Where the run's time went, and where that is kept."""
    for line in profile.lines():
        _line(console, line)
    if path:
        _line(console, say("profile: {path}", path=_short(path)))


def table(outcome: Outcome) -> Table:
    """One row per diffuser."""
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    contacted = outcome.verb == "preflight"
    remarks = "findings" if contacted else "required controls not proven"
    for title in ("diffuser", "verdict", "system" if contacted else "changed", remarks):
        rows.add_column(say(title), justify="right" if title == "changed" else "left", overflow="fold")
    for diffuser in outcome.diffusers:
        verdict = verdict_of(diffuser, outcome.verb)
        rows.add_row(
            diffuser.name,
            Text(say(verdict), style=STYLES.get(verdict, "")),
            diffuser.system if contacted else str(diffuser.changed),
            Text(_remarks(diffuser)),
        )
    return rows


def _as_left(diffusers: list[Diffuser]) -> list[str]:
    """How many servers were as the last whole run had left them, and what was another on which others."""
    lines = []
    standing = [one.name for one in diffusers if one.stands_since]
    if standing:
        text = "as the last whole run left them, so no role was run (--thorough runs all): {count} of {total}"
        lines.append(say(text, count=len(standing), total=len(diffusers)))
    for one in diffusers:
        if one.differs:
            lines.append(say("{name}: was not as it was left: {areas}", name=one.name, areas=_areas(one.differs)))
        if one.unread:
            lines.append(say("{name}: could not be compared: {areas}", name=one.name, areas=_areas(one.unread)))
    return lines


def _areas(names: list[str]) -> str:
    # Not at the top: a run that found everything as it was needs none of it.
    from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import AREAS

    return ", ".join(AREAS[name][0 if is_spanish() else 1] if name in AREAS else name for name in names)


def verdict_of(diffuser: Diffuser, verb: str) -> str:
    """One word or the report's verdict."""
    if diffuser.reached is False:
        return "unreachable"
    if diffuser.failed_task:
        return "failed"
    if diffuser.verdict:
        return diffuser.verdict
    if diffuser.blocking:
        return "refused"
    return "ready" if verb == "preflight" else "no report"


def _remarks(diffuser: Diffuser) -> str:
    if diffuser.reached is False:
        return diffuser.reason
    parts = []
    controls = diffuser.failed_controls
    if controls:
        more = len(controls) - SHOWN_CONTROLS
        parts.append(", ".join(controls[:SHOWN_CONTROLS]) + (f" and {more} more" if more > 0 else ""))
    parts += diffuser.blocking if diffuser.verdict else diffuser.findings
    return "\n".join(parts)


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _short(path: Path) -> str:
    """*path* from the current directory where it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
