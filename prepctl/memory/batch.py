"""Some lines of a log as columns: texts each once with an index a line, numbers as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]
NO_NUMBER = -1
"""What stands where a log does not tell a number."""


class Row(NamedTuple):
    """One line of a log that is one."""

    address: bytes
    request: bytes
    referer: bytes
    agent: bytes
    epoch: int
    status: int
    size: int
    micros: int = NO_NUMBER
    sent: int = NO_NUMBER
    received: int = NO_NUMBER


@dataclass
class Column:
    """Texts: each once, and which of them a line has."""

    values: list[bytes]
    codes: Ints


@dataclass
class Batch:
    """Lines as columns.

    :ivar addresses: the addresses of some of the lines, by their numbers, with whatever stands around them at the
        lines' front; few lines' are wanted, so they are cut out when they are.
    :ivar referers: the same of referrers.
    :ivar size: bytes of the body; :ivar sent: with headers, as ``received``; those two and ``micros`` (the time
        taken) are ``NO_NUMBER`` where the log does not tell them.
    :ivar hosts: some of the names that the server was called by.
    """

    addresses: Callable[[Ints], Column]
    referers: Callable[[Ints], Column]
    request: Column
    agent: Column
    epoch: Ints
    status: Ints
    size: Ints
    micros: Ints
    sent: Ints
    received: Ints
    hosts: tuple[bytes, ...] = ()

    def __len__(self) -> int:
        return len(self.epoch)


def of_rows(rows: Sequence[Row]) -> Batch:
    """Return rows as a batch."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(Row._fields)
    address, request, referer, agent = columns[:4]
    numbers = [np.array(column, dtype=np.int64) for column in columns[4:]]
    epoch, status, size, micros, sent, received = numbers
    texts = _some(address), _some(referer), _column(request), _column(agent)
    return Batch(*texts, epoch, status, size, micros, sent, received)


def _some(texts: Sequence[bytes]) -> Callable[[Ints], Column]:
    return lambda lines: _column([texts[line] for line in lines.tolist()])


def _column(texts: Sequence[bytes]) -> Column:
    places: dict[bytes, int] = {}
    codes = np.fromiter((places.setdefault(text, len(places)) for text in texts), dtype=np.int64, count=len(texts))
    return Column(list(places), codes)
