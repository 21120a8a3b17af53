"""What was found in every run: SQLite, in the workspace, one row a host and control.

Two processes may record at once: the file is in WAL mode and every change is one transaction that
takes the lock before it reads. A report is known by its digest, so recording it again changes nothing.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.report.source import REPORTS, Report

FILE = "history.sqlite3"
# Seconds that one process waits for another.
PATIENCE = 30.0

# One script for each version; a database of version n gets the scripts after the n-th.
MIGRATIONS = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        digest TEXT NOT NULL UNIQUE,
        run TEXT NOT NULL,
        call TEXT NOT NULL,
        call_version TEXT NOT NULL,
        collection_version TEXT NOT NULL,
        finished TEXT NOT NULL,
        path TEXT NOT NULL,
        recorded TEXT NOT NULL
    );
    CREATE INDEX runs_by_time ON runs (call, finished, id);
    CREATE TABLE hosts (
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        host TEXT NOT NULL,
        contact TEXT NOT NULL,
        verdict TEXT NOT NULL,
        PRIMARY KEY (run_id, host)
    ) WITHOUT ROWID;
    CREATE TABLE results (
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        host TEXT NOT NULL,
        control TEXT NOT NULL,
        version TEXT NOT NULL,
        clause TEXT NOT NULL,
        severity TEXT NOT NULL,
        result TEXT NOT NULL,
        treatment TEXT NOT NULL,
        PRIMARY KEY (run_id, host, control)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE seals (
        sequence INTEGER PRIMARY KEY,
        run TEXT NOT NULL,
        digest TEXT NOT NULL UNIQUE
    );
    """,
)


class History:
    """The database of a workspace; use as a context."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
            self.db.execute("PRAGMA foreign_keys = ON")
            self._migrate()
        except sqlite3.Error as problem:
            raise PrepctlError(f"{path}: cannot be used as history: {problem}", ExitCode.RUN_FAILED) from problem

    @classmethod
    def of(cls, workspace: Path) -> History:
        """The history of a workspace, made if there is none."""
        directory = workspace / REPORTS
        directory.mkdir(parents=True, exist_ok=True)
        return cls(directory / FILE)

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    @property
    def version(self) -> int:
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def _migrate(self) -> None:
        if self.version == len(MIGRATIONS):
            return
        with self.transaction():
            found = self.version  # another process may have been faster
            if found > len(MIGRATIONS):
                raise PrepctlError(
                    f"{self.path}: written by a newer prepctl (schema {found}, this one knows {len(MIGRATIONS)}); "
                    "update prepctl, or move the file away and prepctl report --import"
                )
            for script in MIGRATIONS[found:]:
                # executescript would commit what came before it.
                for statement in filter(str.strip, script.split(";")):
                    self.db.execute(statement)
            self.db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; no other process writes meanwhile."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def record(self, report: Report) -> bool:
        """Take a report in; False when it was there already."""
        run = report.model["run"]
        with self.transaction():
            added = self.db.execute(
                "INSERT INTO runs (digest, run, call, call_version, collection_version, finished, path, recorded)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING",
                (
                    report.digest, report.run, str(run["call"]), str(run.get("call_version", "")),
                    str(run.get("collection_version", "")), report.finished, str(report.path),
                    datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                ),
            )  # fmt: skip
            if not added.rowcount:
                return False
            run_id = added.lastrowid
            for one in report.model["diffusers"]:
                self.db.execute(
                    "INSERT OR REPLACE INTO hosts VALUES (?, ?, ?, ?)",
                    (run_id, one["name"], one["contact"], one["verdict"]),
                )
                self.db.executemany(
                    "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [
                        (
                            run_id, one["name"], entry["control"], str(entry.get("version", "")), entry["clause"],
                            entry["severity"], entry["result"], entry["treatment"],
                        )
                        for entry in one["results"]
                    ],
                )  # fmt: skip
        return True

    def runs(self, call: str | None = None) -> list[dict[str, Any]]:
        """All runs of a call, oldest first."""
        rows = self.db.execute(
            "SELECT id, digest, run, call, call_version, collection_version, finished FROM runs"
            " WHERE ? IS NULL OR call = ? ORDER BY finished, id",
            (call, call),
        )
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def knows(self, digest: str) -> bool:
        """Whether a report was recorded."""
        return self.db.execute("SELECT 1 FROM runs WHERE digest = ?", (digest,)).fetchone() is not None

    def seals(self) -> list[tuple[int, str, str]]:
        """(sequence, run, digest) of every seal that was made here, in order."""
        return [
            (int(row[0]), str(row[1]), str(row[2]))
            for row in self.db.execute("SELECT sequence, run, digest FROM seals ORDER BY sequence")
        ]

    def add_seal(self, sequence: int, run: str, digest: str) -> None:
        """Remember a seal; in the transaction of whoever makes it."""
        self.db.execute("INSERT INTO seals VALUES (?, ?, ?)", (sequence, run, digest))

    def run(self, digest: str) -> dict[str, Any]:
        """The run of a report.

        :raises PrepctlError: it was never recorded.
        """
        found = [one for one in self.runs() if one["digest"] == digest]
        if not found:
            raise PrepctlError("the history does not know this report; prepctl report --import takes it in")
        return found[0]

    def hosts(self, run_id: int) -> dict[str, str]:
        """``{host: verdict}`` of a run."""
        return dict(self.db.execute("SELECT host, verdict FROM hosts WHERE run_id = ?", (run_id,)))

    def results(self, run_id: int) -> dict[tuple[str, str], dict[str, Any]]:
        """``{(host, control): {version, clause, severity, result, treatment}}`` of a run."""
        rows = self.db.execute(
            "SELECT host, control, version, clause, severity, result, treatment FROM results WHERE run_id = ?",
            (run_id,),
        )
        names = ("version", "clause", "severity", "result", "treatment")
        return {(row[0], row[1]): dict(zip(names, row[2:], strict=True)) for row in rows}

    def since(self, digest: str) -> dict[str, dict[str, dict[str, Any]]]:
        """``{host: {control: {since, runs}}}``: how long each control of a report has been in its state.

        Counted back over the runs that judged it; another version of the control ends the count.
        """
        current = self.run(digest)
        earlier = [one for one in self.runs(current["call"]) if _before(one, current)]
        now = self.results(current["id"])
        counted = {key: {"since": current["finished"], "runs": 1} for key in now}
        going = set(now)
        for run in reversed(earlier):
            if not going:
                break
            before = self.results(run["id"])
            for key in [key for key in going if key in before]:
                if any(before[key][name] != now[key][name] for name in ("result", "version")):
                    going.discard(key)
                else:
                    counted[key] = {"since": run["finished"], "runs": counted[key]["runs"] + 1}
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for (host, control), known in counted.items():
            found.setdefault(host, {})[control] = known
        return found


def _before(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool((one["finished"], one["id"]) < (other["finished"], other["id"]))
