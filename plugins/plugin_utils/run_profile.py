# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a run's time went, and how many tasks each host was given: pure functions of what was begun and ended.

A task's time is from the first host that begins it to the last that ends it: with many hosts that is what one
waits for, and not the sum of what each took.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

NO_ROLE = "-"
SKIPPED = "skipped"
# More tasks than these are in the JSON alone.
SLOWEST = 10


class Clock:
    """Makes rows of what is told as it happens."""

    def __init__(self):
        self._begun = {}
        self.rows = []

    def begin(self, task_id, host, now):
        """A host begins a task."""
        self._begun[task_id, host] = now

    def end(self, task_id, role, task, host, now, outcome):
        """A host ended a task; one that nobody saw begin took no time."""
        begun = self._begun.pop((task_id, host), now)
        self.rows.append(Row(task_id, role, task, host, begun, now, outcome))


class Row(NamedTuple):
    """One task on one host."""

    task_id: str
    """Tells two tasks of one name apart."""
    role: str
    task: str
    host: str
    start: float
    end: float
    outcome: str
    """C(skipped), or how it ended: only what was not skipped is executed."""


def profile(rows):
    """What became of a run's tasks, as a document for JSON.

    :param rows: each :class:`Row` of it, in any order.
    :returns: seconds and executed and skipped tasks: of the whole, of each role, of each task, of each host.
    """
    rows = list(rows)
    instances = defaultdict(list)
    for row in rows:
        instances[row.task_id, row.role, row.task].append(row)
    spans = {key: (min(row.start for row in own), max(row.end for row in own)) for key, own in instances.items()}
    roles, tasks = defaultdict(_Part), defaultdict(_Part)
    for key, own in instances.items():
        _task_id, role, task = key
        for part in (roles[role or NO_ROLE], tasks[role or NO_ROLE, task]):
            part.add(spans[key], own)
    whole = _Part()
    whole.add((0, 0), rows)
    begun, ended = min((row.start for row in rows), default=0), max((row.end for row in rows), default=0)
    hosts = sorted({row.host for row in rows})
    return {
        "schema": 1,
        "seconds": round(ended - begun, 3),
        "between_tasks": round(ended - begun - _covered(spans.values()), 3),
        "hosts": {host: {"executed": whole.executed[host], "skipped": whole.skipped[host]} for host in hosts},
        "roles": [dict(part.told(hosts), role=role) for role, part in _slowest_first(roles)],
        "tasks": [dict(part.told(hosts), role=role, task=task) for (role, task), part in _slowest_first(tasks)],
    }


def lines(document, words=None):
    """A profile as text for a terminal, the roles that took longest first.

    :param document: what :func:`profile` returned.
    :param words: titles in the reader's language, where they are not English.
    """
    words = words or {}

    def say(title):
        return words.get(title, title)

    whole = document["seconds"] or 1
    form = "{:<22} {:>9} {:>6} {:>9} {:>8}"
    titles = ("role", "seconds", "%", "executed", "skipped")
    told = [form.format(*map(say, titles))]

    def row(name, seconds, part=None):
        counts = ("", "") if part is None else (_range(part["executed"]), _range(part["skipped"]))
        told.append(form.format(name, f"{seconds:.1f}", f"{100 * seconds / whole:.0f}", *counts).rstrip())

    for part in document["roles"]:
        row(part["role"], part["seconds"], part)
    row(say("between tasks"), document["between_tasks"])
    hosts = document["hosts"]
    per_host = {name: {host: counts[name] for host, counts in hosts.items()} for name in ("executed", "skipped")}
    row(say("whole run, per host"), document["seconds"], per_host)
    for part in document["tasks"][:SLOWEST]:
        told.append("{:9.1f} s  {} : {}".format(part["seconds"], part["role"], part["task"]))
    return told


class _Part:
    """What adds up of a role or a task."""

    def __init__(self):
        self.seconds = 0.0
        self.executed, self.skipped = defaultdict(int), defaultdict(int)

    def add(self, span, rows):
        self.seconds += span[1] - span[0]
        for row in rows:
            counted = self.skipped if row.outcome == SKIPPED else self.executed
            counted[row.host] += 1

    def told(self, hosts):
        return {
            "seconds": round(self.seconds, 3),
            "executed": {host: self.executed[host] for host in hosts},
            "skipped": {host: self.skipped[host] for host in hosts},
        }


def _slowest_first(parts):
    return sorted(parts.items(), key=lambda item: (-item[1].seconds, item[0]))


def _covered(spans):
    """Seconds in which at least one task was under way."""
    seconds, until = 0.0, float("-inf")
    for start, end in sorted(spans):
        seconds += max(0.0, end - max(start, until))
        until = max(until, end)
    return seconds


def _range(counts):
    """What is the same for all hosts as one number, else the least and the most."""
    least, most = min(counts.values(), default=0), max(counts.values(), default=0)
    return str(most) if least == most else f"{least}-{most}"
