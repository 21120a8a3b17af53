"""A run over several workers: one table, one log, one record, one report."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from prepctl import inventory, runner
from prepctl.errors import PrepctlError
from prepctl.language import say
from prepctl.outcome import CONTACT, REPORT, STOPPED, Collector
from prepctl.runner import Event, EventHandler, Finished, Request, Session
from prepctl.workers import parcel, plan
from prepctl.workers.stream import Stream, stop

# What a report takes of a host, by the module that finds it out.
REGISTERED = {
    CONTACT: "prep_contact",
    "iepc.prep.host_evidence": "prep_evidence",
    "iepc.prep.public_probe": "prep_probes",
}
FACTS = ("prep_converge_error", "prep_freeze")
# The playbook that judges what others read.
JUDGE = "judge"
# How often it is asked whether to stop.
ASK_S = 1


class Gathered:
    """What the workers read, as their events tell it: what a report finds in the hosts' variables."""

    def __init__(self) -> None:
        self.hosts: dict[str, dict[str, Any]] = {}
        self.anything = False
        """Whether any server was asked for anything that a report is made of."""

    def __call__(self, event: Event, worker: int) -> None:
        """Take one event in."""
        if not event.host or event.kind not in ("runner_on_ok", "runner_on_unreachable", "runner_on_failed"):
            return
        facts = event.result.get("ansible_facts")
        found = {key: facts[key] for key in FACTS if key in facts} if isinstance(facts, Mapping) else {}
        if event.action in REGISTERED:
            found[REGISTERED[event.action]] = dict(event.result)
            self.anything = True
        if found:
            self.hosts.setdefault(event.host, {"worker": worker}).update(found)

    def lost(self, host: str, worker: int, reason: str) -> None:
        """A host whose worker did not come to its end."""
        error = {"task": "worker", "msg": reason}
        self.hosts.setdefault(host, {"worker": worker})["prep_converge_error"] = error

    def write(self, directory: Path) -> None:
        """A file for each host, for the collection's ``compliance_report``."""
        directory.mkdir(mode=0o700)
        for host, found in self.hosts.items():
            (directory / f"{host}.json").write_text(json.dumps(found), encoding="utf-8")


def run(request: Request, workers: list[plan.Worker], collected: Collector, handler: EventHandler) -> Finished:
    """Run the playbook of a request on several workers at once, then write one report of what all of them read.

    :param collected: what the outcome is judged by; told of diffusers whose worker was lost.
    :param handler: takes the events of all of them, in the order in which they come.
    :raises PrepctlError: nothing was started: a mistake in what was given.
    """
    runner.library()
    request.workspace.playbook(request.verb)
    hosts, keys = inventory.fleet(request.workspace, request.limit, request.vault_password_file, request.vault_password)
    if not hosts:
        raise PrepctlError(say("no task was run: no diffuser fits --limit, or no role --tags"))
    shared = plan.share(workers, hosts)
    with runner.session(request) as going:
        parcel.pack(request, keys, going.private / "parcel")
        gathered, rc = _work(going, shared, collected, handler)
        if going.is_over():
            return going.end(STOPPED[0], 254)
        if gathered.anything and not collected.input_errors:
            _judge(going, hosts, gathered, handler)
        return going.end("failed" if rc else "successful", rc)


def _work(
    going: Session, shared: list[plan.Worker], collected: Collector, handler: EventHandler
) -> tuple[Gathered, int]:
    """Have the workers do their shares; returns (what they read, the worst exit code)."""
    gathered = Gathered()
    coming: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
    streams: dict[int, Stream] = {}
    running: set[int] = set()
    finished: set[int] = set()
    try:
        for worker in shared:
            number = worker.number
            streams[number] = Stream(
                worker, going.request, going.private / "parcel", going.private / f"worker-{number}",
                _into(coming, number),
            )  # fmt: skip
            running.add(number)
        while running and not going.is_over():
            try:
                number, raw = coming.get(timeout=ASK_S)
            except queue.Empty:
                continue
            if raw is None:
                running.discard(number)
                continue
            event = Event.from_runner(raw)
            if event.kind == "playbook_on_stats":
                finished.add(number)
            gathered(event, number)
            # The report of a share stays where it was made.
            if event.action != REPORT:
                going.take(raw, handler)
    finally:
        if going.is_over() or running:
            stop(list(streams.values()))
    lost = [stream for number, stream in streams.items() if stream.rc is None and number not in finished]
    for stream in [] if going.is_over() else lost:
        _lost(stream, gathered, collected)
    return gathered, 1 if lost else max(stream.rc or 0 for stream in streams.values())


def _into(coming: queue.SimpleQueue[tuple[int, Any]], number: int) -> Callable[[Any], None]:
    return lambda raw: coming.put((number, raw))


def _lost(stream: Stream, gathered: Gathered, collected: Collector) -> None:
    reason = say(
        "{worker} was lost: {reason}; put that right and go on with: prepctl onboard --limit @failed",
        worker=stream.worker.name, reason=stream.why(),
    )  # fmt: skip
    for host in stream.worker.hosts:
        gathered.lost(host, stream.worker.number, f"{stream.worker.name}: {stream.why()}")
    collected.lose(stream.worker.hosts, reason)


def _judge(going: Session, hosts: list[str], gathered: Gathered, handler: EventHandler) -> None:
    """Write the report of all, here: by the inventory and the documents of this machine."""
    gathered.write(going.private / "read")
    request = replace(
        going.request, verb=JUDGE, limit=",".join(hosts), tags=None,
        variables={"compliance_read": str(going.private / "read")},
    )  # fmt: skip

    def report_alone(event: Event) -> None:
        if event.action == REPORT or event.kind in ("error", "verbose"):
            handler(event)

    (going.private / JUDGE).mkdir(mode=0o700)
    runner.play(going, request, going.private / JUDGE, report_alone)
