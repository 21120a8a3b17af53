"""What was published when, and how long each mirror took: ``publication/publication.sqlite3`` in the workspace."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from prepctl.database import Database
from prepctl.publish.stage import Cut

SCHEMA = """
create table if not exists cut (
    id text primary key, clock text not null, epoch integer not null, drill integer not null, made integer not null,
    previous text, manifest_sha256 text not null, files integer not null, bytes integer not null,
    published real not null
);
create table if not exists delivery (
    cut text not null references cut (id), mirror text not null, started real not null, outcome text not null,
    lag_s real, pushed_s real, sent_bytes integer not null, attempts integer not null, detail text not null
);
create index if not exists delivery_cut on delivery (cut);
"""


class Store:
    """The workspace's record of publications."""

    def __init__(self, directory: Path) -> None:
        self._database = Database(directory, SCHEMA)

    def previous(self, drill: bool) -> str | None:
        """Return the id of the latest cut of this kind."""
        with self._database.open() as database:
            row = database.execute(
                "select id from cut where drill = ? order by epoch desc, made desc limit 1", (drill,)
            ).fetchone()
        return str(row[0]) if row else None

    def newest(self) -> dict[str, Any] | None:
        """Return the cut that was published last, of either kind; None before the first."""
        rows = self._rows("select * from cut order by published desc, made desc limit 1")
        return rows[0] if rows else None

    def last_real(self) -> float | None:
        """Return when the latest cut that is no drill's was published; None before the first."""
        rows = self._rows("select max(published) as last from cut where drill = 0")
        return rows[0]["last"] if rows else None

    def cut(self, name: str) -> dict[str, Any] | None:
        """Return a cut by its id; None if we never published it."""
        rows = self._rows("select * from cut where id = ?", name)
        return rows[0] if rows else None

    def deliveries(self, since: float) -> list[dict[str, Any]]:
        """Return how mirrors fared with what was published since then, in order."""
        return self._rows("select * from delivery where started >= ? order by started, mirror", since)

    def cuts(self, since: float) -> list[dict[str, Any]]:
        """Return what was published since then, in order."""
        return self._rows("select * from cut where published >= ? order by published, id", since)

    def lags(self, cut: str) -> dict[str, float]:
        """Return how many seconds each mirror took for a cut; those that have it."""
        rows = self._rows("select mirror, min(lag_s) as lag from delivery where cut = ? group by mirror", cut)
        return {str(row["mirror"]): float(row["lag"]) for row in rows if row["lag"] is not None}

    def _rows(self, query: str, *words: object) -> list[dict[str, Any]]:
        with self._database.open() as database:
            return [dict(row) for row in database.execute(query, words)]

    def add_cut(self, cut: Cut) -> None:
        """Record a cut that is about to be published; one that is published again keeps its first time."""
        value = cut.cut
        row = (cut.id, value["clock"], value["epoch"], value["drill"], value["made"], value["previous"], cut.sha256,
               len(cut.files), cut.bytes, time.time())  # fmt: skip
        with self._database.open() as database:
            database.execute("insert or ignore into cut values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def add_delivery(self, row: tuple[object, ...]) -> None:
        """Record how one mirror fared, in the columns' order."""
        with self._database.open() as database:
            database.execute("insert into delivery values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
