"""What a run came to: per diffuser, as a whole, and as an exit code.

Two sources that must agree: the events of the run, and the compliance.json that it
wrote.  A run that wrote no report is judged by its events alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from prepctl.exit_codes import ExitCode
from prepctl.language import say
from prepctl.resumption import DONE
from prepctl.runner import Event, Finished

VALIDATE = "iepc.prep.validate_inputs"
CONTACT = "iepc.prep.contact"
REPORT = "iepc.prep.compliance_report"
STANDING = "iepc.prep.standing"
# Its failures repeat, in Ansible's own terms, what the report says.
OUTCOME = "iepc.prep.outcome"

FIT = ("APTO", "APTO CON OBSERVACIONES")
# Results of a required control that leave it unproven.
UNPROVEN = ("fail", "error", "no_evidence")

STOPPED = ("canceled", "timeout")
# What writes a report; the verdicts of another run are none of a suspension's business.
REPORTING = ("onboard", "check")


@dataclass
class Diffuser:
    """One diffuser at the end of a run."""

    name: str
    reached: bool | None = None
    system: str = ""
    reason: str = ""
    blocking: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    failed_task: str = ""
    verdict: str = ""
    failed_controls: list[str] = field(default_factory=list)
    stands_since: str = ""
    """When the whole run ended that left the server as this one found it, so that no role was run; else empty."""
    differs: list[str] = field(default_factory=list)
    """What was found not to be as the last whole run had left it."""
    unread: list[str] = field(default_factory=list)
    """What could not be compared with how the last whole run had left it."""
    ok: int = 0
    changed: int = 0

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


class Collector:
    """Gathers from the events what the outcome needs."""

    def __init__(self) -> None:
        self.diffusers: dict[str, Diffuser] = {}
        self.input_errors: list[str] = []
        self.report_path: Path | None = None
        self.report_started: datetime | None = None
        self.any_task = False
        self.finished_plays = False
        self.complaints: list[str] = []
        self.seen: set[str] = set()
        """Hosts that any task was begun on."""
        self.lost: dict[str, list[str]] = {}
        """{why a worker was lost: its hosts}"""
        self._failures: dict[str, str] = {}
        """First failed task of a host; a rescue may still take it back."""
        self._outcomes: dict[str, int] = {}
        """How often the report's own last task failed on a host."""

    def diffuser(self, name: str) -> Diffuser:
        return self.diffusers.setdefault(name, Diffuser(name))

    def lose(self, hosts: list[str], reason: str) -> None:
        """Know of hosts whose worker did not come to its end."""
        self.lost[reason] = hosts
        for host in hosts:
            self.diffuser(host).failed_task = reason

    def __call__(self, event: Event) -> None:
        """Take one event in."""
        self.any_task = self.any_task or event.kind.startswith("runner_on_")
        if event.kind == "runner_on_start":
            self.seen.add(event.host)
        if event.kind == "runner_on_ok":
            self._ok(event)
        elif event.kind == "runner_on_failed" and not event.ignored:
            self._failed(event)
        elif event.kind == "runner_on_unreachable":
            diffuser = self.diffuser(event.host)
            diffuser.reached = False
            diffuser.reason = diffuser.reason or _line(event.result.get("msg"))
        elif event.kind == "playbook_on_stats":
            self._stats(event.stats)
        elif event.kind in ("verbose", "error") and event.stdout:
            self.complaints.append(event.stdout)

    def _ok(self, event: Event) -> None:
        if event.action == CONTACT:
            diffuser = self.diffuser(event.host)
            diffuser.reached = bool(event.result.get("reached"))
            diffuser.reason = str(event.result.get("reason") or "")
            diffuser.system = _system(event.result)
            diffuser.blocking = [str(line) for line in event.result.get("blocking") or []]
            diffuser.findings = [str(line) for line in event.result.get("messages") or []]
        elif event.action == STANDING and "stands" in event.result:
            diffuser = self.diffuser(event.host)
            diffuser.stands_since = str(event.result.get("since") or "") if event.result["stands"] else ""
            diffuser.differs = [str(area) for area in event.result.get("differs") or []]
            diffuser.unread = [str(area) for area in event.result.get("unread") or []]
        elif event.action == REPORT:
            self.report_path = _report_in(event.result) or self.report_path
        facts = event.result.get("ansible_facts")
        error = facts.get("prep_converge_error") if isinstance(facts, Mapping) else None
        if isinstance(error, Mapping):
            self.diffuser(event.host).failed_task = f"{error.get('task')}: {_line(error.get('msg'))}"

    def _failed(self, event: Event) -> None:
        if event.action == VALIDATE:
            lines = str(event.result.get("msg") or "").splitlines()
            self.input_errors += [line for line in lines[1:] or lines if line not in self.input_errors]
        elif event.action == OUTCOME:
            self._outcomes[event.host] = self._outcomes.get(event.host, 0) + 1
        else:
            self._failures.setdefault(event.host, f"{event.task}: {_line(event.result.get('msg'))}")

    def settle(self) -> None:
        """Take what failed and was not rescued as the diffusers' failed tasks; call once, at the end."""
        for name, failure in self._failures.items():
            diffuser = self.diffuser(name)
            diffuser.failed_task = diffuser.failed_task or failure

    def _stats(self, stats: Mapping[str, Any]) -> None:
        self.finished_plays = True
        # Ansible counts a failure that was rescued elsewhere. With several workers each tells of its own hosts alone.
        counted, processed = stats.get("failures") or {}, stats.get("processed") or {}
        for name in list(self._failures):
            if name in processed and int(counted.get(name, 0)) <= self._outcomes.get(name, 0):
                del self._failures[name]
        for name in processed:
            self.diffuser(str(name))
        for key in ("ok", "changed"):
            for name, count in (stats.get(key) or {}).items():
                setattr(self.diffuser(str(name)), key, int(count))


@dataclass
class Outcome:
    """A finished run, judged."""

    verb: str
    code: ExitCode
    diffusers: list[Diffuser]
    input_errors: list[str]
    errors: list[str]
    report: Path | None
    html: Path | None
    log: Path
    seconds: float
    notes: list[str] = field(default_factory=list)
    """What went wrong beside the run, which it does not undo."""
    profile: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "schema": 1,
            "verb": self.verb,
            "exit_code": int(self.code),
            "outcome": self.code.name.lower(),
            "diffusers": [diffuser.as_dict() for diffuser in self.diffusers],
            "input_errors": self.input_errors,
            "errors": self.errors,
            "report": str(self.report) if self.report else None,
            "html": str(self.html) if self.html else None,
            "log": str(self.log),
            "profile": str(self.profile) if self.profile else None,
            "notes": self.notes,
            "seconds": round(self.seconds, 1),
        }


def conclude(verb: str, collected: Collector, finished: Finished, directory: Path, seconds: float) -> Outcome:
    """Judge a finished run.

    :param directory: the workspace, below whose ``reports/`` a report is looked for if no event named it.
    """
    collected.settle()
    report = None
    if verb in REPORTING and not collected.input_errors:
        report = collected.report_path
        # Without a task there is none, and a run may have ended in this very second.
        if report is None and collected.any_task:
            report = _newest_report(directory / "reports", finished.started)
    if report:
        _read_report(report, collected)
    diffusers = [collected.diffusers[name] for name in sorted(collected.diffusers)]
    _keep(collected, finished, diffusers)
    if collected.input_errors:
        diffusers = []  # the one host that the check ran for says nothing about any
    errors = _failures(diffusers, collected.lost)
    broken = _broken(collected, finished, errors)
    if broken:
        errors.append(broken)
    html = report.with_suffix(".html") if report else None
    notes = [how_to_go_on(verb)] if finished.status in STOPPED else []
    return Outcome(
        verb,
        ExitCode.RUN_FAILED if finished.status in STOPPED else _code(collected, diffusers, errors),
        diffusers,
        collected.input_errors,
        errors,
        report,
        html if html and html.exists() else None,
        finished.log,
        seconds,
        notes,
    )


def _failures(diffusers: list[Diffuser], lost: Mapping[str, list[str]]) -> list[str]:
    """A line for each diffuser that failed; those whose worker was lost share one."""
    with_worker = {name for names in lost.values() for name in names}
    own = [f"{one.name}: {one.failed_task}" for one in diffusers if one.failed_task and one.name not in with_worker]
    return own + [f"{', '.join(names)}: {reason}" for reason, names in lost.items()]


def how_to_go_on(verb: str) -> str:
    """What to do after a run that was stopped."""
    if verb != "onboard":
        return say("no server was changed; run the same command again")
    return say(
        "the servers are safe: one that was being changed goes back by itself, or the next run finishes it; "
        "go on with: prepctl onboard --limit @failed"
    )


def _keep(collected: Collector, finished: Finished, diffusers: list[Diffuser]) -> None:
    """Write down what became of each host, for who goes on from there."""
    finished.record.status = finished.status
    if not collected.input_errors:
        finished.record.hosts = dict.fromkeys(sorted(collected.seen), "unfinished")
        finished.record.hosts.update({one.name: _state(one, finished) for one in diffusers})
    if finished.log.parent.is_dir() and finished.record.verb:
        finished.record.write(finished.log.parent)


def _state(one: Diffuser, finished: Finished) -> str:
    if one.reached is False:
        return "unreachable"
    if one.failed_task:
        return "failed"
    if one.blocking:
        return "refused"
    return "unfinished" if finished.status in STOPPED else DONE


def _code(collected: Collector, diffusers: list[Diffuser], errors: list[str]) -> ExitCode:
    if collected.input_errors:
        return ExitCode.USAGE
    if errors:
        # What Ansible refuses before the first task is a mistake in what it was given: a limit
        # that fits no host, a vault without its password, a playbook that cannot be read.
        return ExitCode.RUN_FAILED if collected.any_task else ExitCode.USAGE
    if any(one.reached is False for one in diffusers):
        return ExitCode.UNREACHABLE
    if any(one.blocking or one.failed_controls or one.verdict not in ("", *FIT) for one in diffusers):
        return ExitCode.CONTROL_FAILED
    return ExitCode.OK


def _broken(collected: Collector, finished: Finished, errors: list[str]) -> str:
    """Why the run as a whole failed where no host's task says so, else nothing."""
    if finished.status in STOPPED:
        return f"the run was {finished.status}"
    if collected.input_errors or errors:
        return ""
    if finished.rc == 0:
        ran = collected.any_task or not finished.record.verb
        return "" if ran else say("no task was run: no diffuser fits --limit, or no role --tags")
    # 2 and 4: some host failed or was unreachable, which is said per host.
    if collected.finished_plays and finished.rc in (2, 4):
        return ""
    said = [line for text in collected.complaints for line in text.splitlines() if "ERROR" in line]
    return _line(said[0]) if said else f"ansible-playbook ended with {finished.rc}; see its log"


def _read_report(path: Path, collected: Collector) -> None:
    """Take verdicts and failed required controls from compliance.json."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for entry in document.get("diffusers") or []:
        diffuser = collected.diffuser(str(entry.get("name")))
        diffuser.verdict = str(entry.get("verdict") or "")
        if entry.get("contact") == "unreachable":
            diffuser.reached = False
            diffuser.reason = diffuser.reason or str(entry.get("reason") or "")
        elif entry.get("contact") == "failed" and not diffuser.blocking:
            diffuser.failed_task = diffuser.failed_task or str(entry.get("reason") or "not worked on")
        diffuser.failed_controls = [
            str(result.get("control"))
            for result in entry.get("results") or []
            if result.get("severity") == "required"
            and result.get("result") in UNPROVEN
            and result.get("treatment") not in ("waived", "attested")
        ]


def _report_in(value: Any) -> Path | None:
    """The path of a compliance.json anywhere in a task's result."""
    for text in _texts(value):
        if text.endswith("compliance.json") and Path(text).is_file():
            return Path(text)
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)


def _newest_report(reports: Path, started: datetime) -> Path | None:
    """The newest compliance.json written since the run started."""
    written = {path: path.stat().st_mtime for path in reports.glob("*/compliance.json")}
    found = [path for path in written if written[path] >= started.timestamp() - 1]
    return max(found, key=lambda path: written[path], default=None)


def _system(contact: Mapping[str, Any]) -> str:
    """The system in two words, as os-release names it."""
    release = contact.get("os_release")
    if not isinstance(release, Mapping):
        return ""
    return f"{release.get('id', '')} {release.get('version_full') or release.get('version_id') or ''}".strip()


def _line(text: Any, width: int = 240) -> str:
    joined = " ".join(str(text or "no message").split())
    return joined if len(joined) <= width else joined[: width - 3] + "..."
