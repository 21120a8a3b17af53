"""Visits: of one reader, page after page, until a gap of half an hour or more.

What is kept of a reader is stretches without such a gap, each from its first page to its last. Two stretches that
come nearer than the gap are one; so parts of a log, files and mirrors can be added in any order, and what comes out
is what all pages at once would give. Nothing is cut at midnight. Readers are told by 64 bits that a key makes of
address and agent, so no address is kept.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from prepctl.memory.batch import Ints

GAP_S = 1800
# Stretches that wait in memory, 32 bytes each, until they are joined; and joined ones until they go to disk.
WAITING = 1 << 18
PARTS = 16
STRETCH = np.dtype([("reader", "u8"), ("first", "i8"), ("last", "i8"), ("pages", "i8")])


def join(stretches: Ints) -> Ints:
    """Join what belongs together; the result is in the order of reader and time."""
    if len(stretches) < 2:
        return stretches
    order = np.lexsort((stretches["first"], stretches["reader"]))
    found = stretches[order]
    reader, first, last = found["reader"], found["first"], found["last"]
    # How long each reader has been seen up to here: a later stretch may lie within an earlier one.
    fresh = np.r_[True, reader[1:] != reader[:-1]]
    groups = np.cumsum(fresh) - 1
    span = int(last.max() - last.min()) + 1
    reach = np.maximum.accumulate(last - last.min() + groups * span) - groups * span + last.min()
    heads = np.flatnonzero(np.r_[True, fresh[1:] | (first[1:] - reach[:-1] >= GAP_S)])
    joined = np.empty(len(heads), STRETCH)
    joined["reader"], joined["first"] = reader[heads], first[heads]
    joined["last"] = np.maximum.reduceat(last, heads)
    joined["pages"] = np.add.reduceat(found["pages"], heads)
    return joined


class Visits:
    """The visits of an outlet, or of several.

    :param most: stretches that may stay in memory; more go to files in *place*, by reader.
    """

    def __init__(self, most: int = 4_000_000, place: Path | None = None) -> None:
        self._most, self._place = most, place
        self._kept: list[Ints] = []
        self._count = 0
        self._settled = 0
        self._spilled: Path | None = None

    def add_pages(self, readers: Ints, epochs: Ints) -> None:
        """Add pages that readers saw then."""
        found = np.empty(len(readers), STRETCH)
        found["reader"], found["first"], found["last"], found["pages"] = readers, epochs, epochs, 1
        self.add(join(found))

    def add(self, stretches: Ints) -> None:
        if len(stretches):
            self._kept.append(stretches)
            self._count += len(stretches)
            if self._count - self._settled > max(WAITING, self._settled):
                self._settle()

    def merge(self, other: Visits) -> None:
        """Add another's visits."""
        for part in other.parts():
            self.add(part)

    def parts(self) -> Iterator[Ints]:
        """The visits, in parts of which no reader is in two."""
        self._settle()
        if self._spilled is None:
            yield self._kept[0] if self._kept else np.zeros(0, STRETCH)
            return
        self._spill()
        for number in range(PARTS):
            path = self._spilled / f"{number}"
            yield join(np.fromfile(path, dtype=STRETCH)) if path.exists() else np.zeros(0, STRETCH)

    def close(self) -> None:
        """Remove what went to disk."""
        if self._spilled is not None:
            shutil.rmtree(self._spilled, ignore_errors=True)
            self._spilled = None

    def _settle(self) -> None:
        if len(self._kept) > 1:
            self._kept = [join(np.concatenate(self._kept))]
        self._count = self._settled = sum(map(len, self._kept))
        if self._count > self._most:
            self._spill()

    def _spill(self) -> None:
        if self._spilled is None:
            self._spilled = Path(tempfile.mkdtemp(prefix="prep-visits-", dir=self._place))
        for stretches in self._kept:
            part = (stretches["reader"] >> np.uint64(60)).astype(np.int64)
            for number in range(PARTS):
                with (self._spilled / f"{number}").open("ab") as stream:
                    stretches[part == number].tofile(stream)
        self._kept, self._count, self._settled = [], 0, 0
