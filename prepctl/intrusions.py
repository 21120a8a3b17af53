"""Bans and refusals on the mirrors (clause II.3), in the workspace's record of publications.

The servers' own logs say them; `prepctl watch` asks for them by playbook, since a reader doesn't see them.
"""

from __future__ import annotations

import itertools
import shutil
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prepctl.database import Database
from prepctl.errors import PrepctlError
from prepctl.runner import Event, Request, run
from prepctl.workspace import Workspace

SCHEMA = """
create table if not exists intrusion (
    mirror text not null, kind text not null, source text not null, rule text not null, what text not null,
    minute integer not null, count integer not null, primary key (mirror, kind, source, rule, what, minute)
);
create index if not exists intrusion_minute on intrusion (minute);
"""
ACTION = "iepc.prep.intrusions"
# How far behind the last look a look begins: what was logged while the former one read, and clocks that differ.
OVERLAP_S = 120
FIRST_LOOK_S = 3600
FUTURE_S, MOST_ENTRIES = 600, 500
KINDS = ("ban", "block")


@dataclass(frozen=True)
class Intrusion:
    """What one source did to one mirror within a minute: banned (``ban``) or refused (``block``), how often."""

    mirror: str
    kind: str
    source: str
    rule: str
    what: str
    minute: int
    count: int

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


class Intrusions:
    """The workspace's record of them.

    :param directory: ``publication/`` of the workspace.
    """

    def __init__(self, directory: Path) -> None:
        self._database = Database(directory, SCHEMA)

    def take(self, mirror: str, entries: Iterable[Mapping[str, Any]]) -> None:
        """Write down what a server says; a minute that is told again replaces what was known of it.

        What a server says may be anything: only what has the right shape is taken, of no later than its clock may
        say, and not more than an honest one tells at once.
        """
        latest = int(time.time()) + FUTURE_S
        rows = [
            (mirror, one["kind"], _plain(one["source"], 45), _plain(one["rule"], 64),
             _plain(one.get("what") or "", 200), one["minute"], one["count"])
            for one in itertools.islice(entries, MOST_ENTRIES)
            if isinstance(one, Mapping) and one.get("kind") in KINDS and {"source", "rule"} <= one.keys()
            and all(isinstance(one.get(name), int) and 0 <= one[name] < 2**40 for name in ("minute", "count"))
            and one["minute"] <= latest
        ]  # fmt: skip
        with self._database.open() as database:
            database.executemany("insert or replace into intrusion values (?, ?, ?, ?, ?, ?, ?)", rows)

    def since(self, moment: float) -> list[Intrusion]:
        """Those of a moment and later, the latest first, bans before refusals of the same minute."""
        with self._database.open() as database:
            rows = database.execute(
                "select * from intrusion where minute >= ? order by minute desc, kind, count desc, mirror, source",
                (int(moment) - int(moment) % 60,),
            ).fetchall()
        return [Intrusion(**dict(row)) for row in rows]


def _plain(value: object, most: int) -> str:
    """A server's word as one short line that does nothing to a terminal."""
    return "".join(one if one.isprintable() else " " for one in str(value)[:most]).strip()


class Questioner:
    """Asks all mirrors at once, time and again.

    :param names: the mirrors asked; others' words are not wanted.
    """

    def __init__(
        self, workspace: Workspace, names: list[str], record: Intrusions, vault_password_file: Path | None = None
    ) -> None:
        self._workspace, self._names, self._record, self._vault = workspace, names, record, vault_password_file
        self._asked: float | None = None
        self._ended = threading.Event()

    def end(self) -> None:
        """Have a run that goes on end at once, and leave nothing behind; it may be in another thread."""
        self._ended.set()

    def ask(self) -> list[str]:
        """Ask once; the mirrors that did not answer.

        :raises PrepctlError: Ansible can't be started.
        """
        now = time.time()
        # Of the control node's own clock, not of what a server said: a minute that is told twice is kept once.
        since = now - FIRST_LOOK_S if self._asked is None else self._asked - OVERLAP_S
        answered: set[str] = set()

        def handle(event: Event) -> None:
            if event.kind == "runner_on_ok" and event.action == ACTION and event.host in self._names:
                answered.add(event.host)
                entries = event.result.get("entries")
                self._record.take(event.host, entries if isinstance(entries, list) else [])

        variables = {"prep_intrusions_since": int(since) - int(since) % 60}
        done = run(
            Request(
                self._workspace, "intrusions", limit=",".join(self._names), variables=variables,
                vault_password_file=self._vault,
            ),
            handle,
            self._ended,
        )  # fmt: skip
        self._asked = now
        if done.rc == 0:
            # One a minute, all night: only those of runs in which something went wrong are kept.
            shutil.rmtree(done.log.parent, ignore_errors=True)
        return [name for name in self._names if name not in answered]

    def ask_quietly(self) -> str:
        """Ask once; what to tell, or nothing."""
        try:
            silent = self.ask()
        except (PrepctlError, OSError) as problem:
            return f"intrusions: {problem}"
        return f"intrusions: no answer from {', '.join(silent)}" if silent else ""
