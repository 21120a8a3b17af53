"""The workspace's record of publications and incidents: ``publication.sqlite3`` in its directory ``publication``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Database:
    """One file, of which each part of the program owns some tables.

    :param directory: ``publication/`` of the workspace; made if it is not there.
    :param schema: what makes the owner's tables where they are not there yet.
    """

    def __init__(self, directory: Path, schema: str) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / "publication.sqlite3"
        with self.open() as connection:
            connection.executescript(schema)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Work in one transaction, with rows by column; others' writes are waited for, 30 s at most."""
        connection = sqlite3.connect(self._path, timeout=30)
        connection.row_factory = sqlite3.Row
        try:
            with connection:
                yield connection
        finally:
            connection.close()
