"""Incidents: deviations that were opened and closed, with what was seen, in the workspace's record of publications.

They are facts on disk and not in a program's memory: a watch that is started anew goes on with those that
are open, and a suspension stays one whoever looks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prepctl.database import Database

SCHEMA = """
create table if not exists incident (
    id integer primary key, mirror text not null, kind text not null, opened real not null, closed real,
    detail text not null, evidence text not null
);
create unique index if not exists incident_open on incident (mirror, kind) where closed is null;
"""
SUSPENDED = "suspended"


@dataclass(frozen=True)
class Incident:
    """One deviation of one mirror."""

    id: int
    mirror: str
    kind: str
    opened: float
    closed: float | None
    detail: str
    evidence: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


class Incidents:
    """The workspace's incidents.

    :param directory: ``publication/`` of the workspace.
    """

    def __init__(self, directory: Path) -> None:
        self._database = Database(directory, SCHEMA)

    def open(self, mirror: str, kind: str, detail: str, evidence: Mapping[str, Any], now: float | None = None) -> bool:
        """Open an incident; whether it was not open yet."""
        row = (mirror, kind, time.time() if now is None else now, detail, json.dumps(evidence, sort_keys=True))
        with self._database.open() as database:
            done = database.execute(
                "insert or ignore into incident (mirror, kind, opened, detail, evidence) values (?, ?, ?, ?, ?)", row
            )
        return done.rowcount == 1

    def close(self, mirror: str, kind: str, now: float | None = None) -> bool:
        """Close an incident; whether it was open."""
        row = (time.time() if now is None else now, mirror, kind)
        with self._database.open() as database:
            done = database.execute(
                "update incident set closed = ? where mirror = ? and kind = ? and closed is null", row
            )
        return done.rowcount == 1

    def all(self, *, only_open: bool = False, since: float = 0) -> list[Incident]:
        """Those that were open at or after *since*, the latest first."""
        condition = "closed is null" if only_open else "coalesce(closed, 9e99) >= ?"
        with self._database.open() as database:
            rows = database.execute(
                f"select * from incident where {condition} order by opened desc, id desc",  # noqa: S608
                () if only_open else (since,),
            ).fetchall()
        return [Incident(**{**dict(row), "evidence": json.loads(row["evidence"])}) for row in rows]

    def suspended(self) -> dict[str, Incident]:
        """Mirrors that the institute suspended."""
        return {one.mirror: one for one in self.all(only_open=True) if one.kind == SUSPENDED}
