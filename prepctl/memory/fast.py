"""The common lines of a log, many at once: where the quotation marks are tells everything.

A line is taken here only if every mark, blank and digit stands where Apache writes it; all others go to ``lines``,
which looks at one after the other. So this way may be strict and still nothing is lost: what it returns and what it
leaves are together all lines, which the caller asserts.

Quotation marks are found by numpy in one pass. All texts between them are, for Arrow, one array over the chunk as it
stands; those that are wanted are made unique there, so that Python sees a text once a chunk and not once a line.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from prepctl.memory import clock
from prepctl.memory.batch import NO_NUMBER, Batch, Column, Ints
from prepctl.memory.lines import MOST_BYTES

QUOTE, NEWLINE, BLANK, DASH, BACKSLASH = 34, 10, 32, 45, 92
# "[05/Jun/2022:20:00:00 -0500] " before the first quotation mark.
STAMP = 29
# The marks of a line: request, referer, agent; then those and a host, as role apache logs.
COMBINED, EXTENDED = 6, 8
# The texts that a line falls into: who asks, when, request, status and size, referer, what lies between, agent,
# host, the rest, and the end of the line.
FIELDS = 10
WHO, REQUEST, ANSWER, REFERER, AGENT, REST = 0, 2, 3, 4, 6, 8
STATUS_DIGITS, MSEC_DIGITS = 3, 13
HTTP = int.from_bytes(b"http", "little")


def split(chunk: bytes | bytearray) -> tuple[Batch | None, Ints, Ints, Ints]:
    """Split whole lines.

    :param chunk: lines, the last one ended too.
    :returns: the batch of those that are as expected; of the others, in order, number in the chunk, start and end.
    """
    data = np.frombuffer(chunk, dtype=np.uint8)
    ends = np.flatnonzero(data == NEWLINE)
    starts = np.empty_like(ends)
    if len(ends):
        starts[0], starts[1:] = 0, ends[:-1] + 1
    marks = np.flatnonzero(data == QUOTE)
    doubtful: Ints | None = None
    if chunk.find(b'\\"') >= 0:
        # Marks that are no ends of a text; after two backslashes it takes a closer look.
        escaped = data[marks - 1] == BACKSLASH
        doubtful = marks[escaped & (data[marks - 2] == BACKSLASH)]
        marks = marks[~escaped]
    before = np.searchsorted(marks, ends)
    counts = np.diff(before, prepend=0)
    width = EXTENDED if np.count_nonzero(counts == EXTENDED) * 2 >= np.count_nonzero(counts >= COMBINED) else COMBINED
    good = (counts == width) & (ends - starts <= MOST_BYTES)
    if doubtful is not None and len(doubtful):
        good[np.searchsorted(ends, doubtful)] = False
    taken = np.flatnonzero(good)
    batch = None
    if len(taken):
        at = marks[(before[taken] - width)[:, None] + np.arange(width)]
        batch, right = _batch(chunk, data, starts[taken], ends[taken], at)
        taken = taken[right]
    rest = np.ones(len(ends), dtype=bool)
    rest[taken] = False
    left = np.flatnonzero(rest)
    return batch, left, starts[left], ends[left]


def _batch(chunk: bytes | bytearray, data: Ints, start: Ints, end: Ints, at: Ints) -> tuple[Batch | None, Ints]:
    """The batch of lines with the right number of marks, and which of them it holds."""
    last = at.shape[1] - 1
    front = at[:, 0] - STAMP
    right = front > start
    front = np.where(right, front, start)
    right &= (data[front] == ord("[")) & (data[front - 1] == BLANK)
    right &= (data[at[:, 0] - 2] == ord("]")) & (data[at[:, 0] - 1] == BLANK)
    for mark in range(3, last, 2):
        right &= (at[:, mark + 1] == at[:, mark] + 2) & (data[at[:, mark] + 1] == BLANK)
    epochs, told = clock.epochs(data, front + 1, right)
    right &= told
    bounds = np.empty((len(start), FIELDS), dtype=np.int32)
    bounds[:, 0], bounds[:, 1], bounds[:, 2:8] = start, front, at[:, :6]
    bounds[:, 8], bounds[:, 9] = at[:, last], end
    fields = _over(chunk, bounds, pa.binary())
    rows = np.arange(len(start)) * FIELDS
    status, size, fine = _answer(fields.take(pa.array(rows + ANSWER)))
    right &= fine
    numbers = np.full((len(start), 4), NO_NUMBER, dtype=np.int64)
    if last + 1 == EXTENDED:
        numbers, fine = _rest(fields.take(pa.array(rows + REST)))
        right &= fine
    else:
        right &= end == at[:, last] + 1
    if not right.any():
        return None, right
    if not right.all():
        rows, epochs, status, size, numbers = rows[right], epochs[right], status[right], size[right], numbers[right]
    hosts: tuple[bytes, ...] = ()
    if last + 1 == EXTENDED:
        some = int(np.argmax(right))
        hosts = (bytes(chunk[at[some, 6] + 1 : at[some, 7]]),)
    return Batch(
        lambda lines: _column(fields, rows[lines] + WHO, 0),
        lambda lines: _column(fields, rows[lines] + REFERER, 1),
        _column(fields, rows + REQUEST, 1),
        _column(fields, rows + AGENT, 1),
        epochs,
        status,
        size,
        numbers[:, 0],
        numbers[:, 1],
        numbers[:, 2],
        hosts,
    ), right


def _over(body: object, bounds: Ints, kind: pa.DataType, valid: Ints | None = None) -> pa.Array:
    """An array of the texts between bounds, none of which is copied."""
    mask = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(kind, bounds.size - 1, [mask, pa.py_buffer(bounds), pa.py_buffer(body)])


def _inside(texts: pa.Array) -> tuple[Ints, Ints]:
    """An array's texts in one piece, and where each begins."""
    _valid, offsets, body = texts.buffers()
    begins = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(body, dtype=np.uint8) if body is not None else np.zeros(0, np.uint8), begins


def _answer(texts: pa.Array) -> tuple[Ints, Ints, Ints]:
    """Status and size of `" 200 1234 `, and whether they are such."""
    body, begins = _inside(texts)
    begin, stop = begins[:-1], begins[1:]
    right = stop - begin >= 8
    begin, stop = np.where(right, begin, 0), np.where(right, stop, min(8, len(body)))
    if len(body) < 8:
        return np.zeros(len(begin), np.int64), np.zeros(len(begin), np.int64), right
    right &= (body[begin + 1] == BLANK) & (body[begin + 5] == BLANK) & (body[stop - 1] == BLANK)
    status = np.zeros(len(begin), dtype=np.int64)
    for place in range(2, 2 + STATUS_DIGITS):
        digit = body[begin + place] - np.uint8(48)
        right &= digit <= 9
        status = status * 10 + digit
    bounds = np.empty((len(begin), 2), dtype=np.int32)
    bounds[:, 0], bounds[:, 1] = begin + 6, stop - 1
    valid = np.zeros(bounds.shape, dtype=bool)
    valid[:, 0] = right & ~((bounds[:, 1] - bounds[:, 0] == 1) & (body[bounds[:, 0]] == DASH))
    sizes, fine = _whole(body, bounds, valid)
    return status, sizes[:, 0], right & fine[:, 0]


def _rest(texts: pa.Array) -> tuple[Ints, Ints]:
    """Time taken, bytes sent and received of `" https 1234 5678 321 1654477200123`, and whether it is such."""
    body, begins = _inside(texts)
    body = body[: begins[-1]]
    blanks = np.flatnonzero(body == BLANK)
    places = np.searchsorted(blanks, begins)
    right = np.diff(places) == 5
    if not right.any():
        return np.zeros((len(right), 4), np.int64), right
    some = int(np.argmax(right))
    begin = np.where(right, begins[:-1], begins[some])
    at = blanks[np.where(right, places[:-1], places[some])[:, None] + np.arange(5)]
    stop = np.where(right, begins[1:], begins[some + 1])
    word = at[:, 1] - at[:, 0]
    # `http`, then `s` or the blank.
    scheme: Ints = np.ndarray((max(0, len(body) - 3),), "<u4", buffer=body, strides=(1,))
    right &= (at[:, 0] == begin + 1) & (scheme[at[:, 0] + 1] == HTTP)
    right &= (word == 5) | ((word == 6) & (body[at[:, 0] + 5] == ord("s")))
    right &= stop - at[:, 4] == MSEC_DIGITS + 1
    bounds: Ints = np.empty((len(right), 8), dtype=np.int32)
    bounds[:, 0::2] = at[:, 1:] + 1
    bounds[:, 1:7:2], bounds[:, 7] = at[:, 2:], stop
    valid = np.zeros(bounds.shape, dtype=bool)
    # The same line stands in for those that are not right, so that bounds would run backwards: they are left out.
    if not right.all():
        bounds[~right] = 0
        bounds = np.maximum.accumulate(bounds.ravel()).reshape(bounds.shape)
    valid[:, 0::2] = right[:, None]
    numbers, fine = _whole(body, bounds, valid)
    return numbers[:, 0::2], right & fine[:, 0::2].all(axis=1)


def _whole(body: Ints, bounds: Ints, valid: Ints) -> tuple[Ints, Ints]:
    """The numbers between bounds, 0 where there is none to read, and which of them are whole numbers."""
    flat = valid.ravel()[: bounds.size - 1]
    texts = _over(np.ascontiguousarray(body), np.ascontiguousarray(bounds), pa.utf8(), flat)
    fine = np.ones(bounds.size, dtype=bool)
    values = np.zeros(bounds.size, dtype=np.int64)
    try:
        values[: len(flat)] = np.frombuffer(pc.cast(texts, pa.int64()).buffers()[1], dtype=np.int64)[: len(flat)]
        values[: len(flat)][~flat] = 0
        # What Arrow takes for a number and Apache never writes.
        odd = bool(values.min(initial=0) < 0 or ((body | np.uint8(32)) == ord("x")).any() or (body == ord("+")).any())
    except pa.ArrowInvalid:
        odd = True
    if odd:
        told = [
            None if text is None else text if text.isdigit() and len(text) < 19 else b""
            for text in texts.cast(pa.binary()).to_pylist()
        ]
        fine[: len(told)] = [text != b"" for text in told]
        values[: len(told)] = [int(text or 0) for text in told]
    return values.reshape(bounds.shape), fine.reshape(bounds.shape)


def _column(fields: pa.Array, rows: Ints, cut: int) -> Column:
    """Texts, made unique, less the quotation mark before them."""
    made = fields.take(pa.array(rows)).dictionary_encode()
    values = made.dictionary.to_pylist()
    return Column([value[cut:] for value in values] if cut else values, made.indices.to_numpy(zero_copy_only=False))
