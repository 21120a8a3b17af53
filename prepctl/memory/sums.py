"""Sums per key that add up: of parts of a file, of files, of mirrors, in any order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from prepctl.memory.batch import Ints

# Rows that wait until they are added up.
WAITING = 1 << 18


class Sums:
    """A row of sums for each whole number that was seen.

    :param columns: how many sums a key has.
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._keys: list[Ints] = []
        self._rows: list[Ints] = []
        self._waiting = 0

    def add(self, keys: Ints, rows: Ints) -> None:
        """Add rows, one for each of the keys, which may repeat."""
        if len(keys):
            self._keys.append(np.asarray(keys, dtype=np.int64))
            self._rows.append(np.asarray(rows, dtype=np.int64).reshape(len(keys), self._columns))
            self._waiting += len(keys)
            if self._waiting > WAITING:
                self._settle()

    def count(self, keys: Ints, columns: Iterable[Ints | None]) -> None:
        """Add up for each key of many lines: how many there are, or a weight of theirs."""
        if not len(keys):
            return
        base, last = int(keys.min()), int(keys.max())
        if last - base > 4 * len(keys) + 65536:
            # Far apart: what lies between is not counted through.
            told, places = np.unique(keys, return_inverse=True)
        else:
            told, places = np.arange(base, last + 1), keys - base
        rows = np.empty((len(told), self._columns), dtype=np.int64)
        for number, weights in enumerate(columns):
            # Doubles hold whole numbers up to 2^53, far more than a batch has bytes.
            rows[:, number] = np.bincount(places, weights, minlength=len(told))
        seen = rows.any(axis=1)
        self.add(told[seen], rows[seen])

    def merge(self, other: Sums) -> None:
        """Add another's sums."""
        keys, rows = other.all()
        self.add(keys, rows)

    def all(self) -> tuple[Ints, Ints]:
        """Return keys in order, and their rows."""
        self._settle()
        if not self._keys:
            return np.zeros(0, np.int64), np.zeros((0, self._columns), np.int64)
        return self._keys[0], self._rows[0]

    def _settle(self) -> None:
        if len(self._keys) < 2 and not (self._keys and self._waiting):
            return
        keys, rows = np.concatenate(self._keys), np.concatenate(self._rows)
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], rows[order]
        heads = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, np.int64)
        self._keys, self._rows = [keys[heads]], [np.add.reduceat(rows, heads, axis=0) if len(keys) else rows]
        self._waiting = 0


class Top:
    """Counts per text, exact until there are too many different ones; then the rarest fall into ``others``.

    :param most: how many texts are kept.
    """

    def __init__(self, most: int = 50_000) -> None:
        self.most = most
        self.counts: dict[bytes, int] = {}
        self.others = 0
        """What was counted and whose text is not kept."""
        self.error = 0
        """By how much a count may be too low at most."""

    def add(self, text: bytes, count: int) -> None:
        self.counts[text] = self.counts.get(text, 0) + count
        if len(self.counts) > 2 * self.most:
            self._shrink()

    def merge(self, other: Top) -> None:
        for text, count in other.counts.items():
            self.add(text, count)
        self.others += other.others
        self.error += other.error

    def _shrink(self) -> None:
        kept = self.first(self.most)
        lost = sum(self.counts.values()) - sum(count for _text, count in kept)
        self.error += max((count for text, count in self.counts.items()), default=0) if not kept else kept[-1][1]
        self.others += lost
        self.counts = dict(kept)

    def first(self, number: int) -> list[tuple[bytes, int]]:
        """The most frequent texts with their counts; of equal ones the one that is first in the alphabet."""
        return sorted(self.counts.items(), key=lambda one: (-one[1], one[0]))[:number]

    def total(self) -> int:
        return sum(self.counts.values()) + self.others

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        return iter(self.first(len(self.counts)))
