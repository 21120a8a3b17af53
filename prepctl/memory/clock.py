"""Apache's clock, `05/Jun/2022:20:00:00 -0500`, as seconds since 1970: whole columns of it, or one."""

from __future__ import annotations

import calendar
import functools

import numpy as np

from prepctl.memory.batch import Ints

MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
MONTHS_OF_APACHE = dict(
    zip(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"),
        range(1, 13),
        strict=True,
    )
)
LENGTH = 26
# No log of this program's is older, none younger.
EARLIEST, LATEST = calendar.timegm((2000, 1, 1, 0, 0, 0)), calendar.timegm((2200, 1, 1, 0, 0, 0))


@functools.lru_cache(maxsize=65536)
def minute(text: bytes) -> int | None:
    """Seconds of `05/Jun/2022:20:00-0500` (the second left out); None if there is no such time."""
    try:
        day, month, year = int(text[0:2]), MONTHS_OF_APACHE[text[3:6]], int(text[7:11])
        hour, mins = int(text[12:14]), int(text[15:17])
        sign, hours, minutes = text[17:18], int(text[18:20]), int(text[20:22])
    except (KeyError, ValueError):
        return None
    marks = text[2:3] + text[6:7] + text[11:12] + text[14:15]
    digits = text[0:2] + text[7:11] + text[12:14] + text[15:17] + text[18:22]
    if marks != b"//::" or sign not in (b"+", b"-") or not digits.isdigit() or len(digits) != 14:
        return None
    if not 1 <= day <= calendar.monthrange(year, month)[1] if 1 <= year <= 9999 else True:
        return None
    if hour > 23 or mins > 59 or hours > 14 or minutes > 59:
        return None
    offset = (hours * 60 + minutes) * 60
    value = calendar.timegm((year, month, day, hour, mins, 0)) - (offset if sign == b"+" else -offset)
    return value if EARLIEST <= value < LATEST else None


def epoch(text: bytes) -> int | None:
    """Seconds of a whole stamp; None if there is no such time."""
    if len(text) != LENGTH or text[17:18] != b":" or text[20:21] != b" " or not text[18:20].isdigit():
        return None
    start, second = minute(text[:17] + text[21:26]), int(text[18:20])
    # A leap second is the minute's sixtieth.
    return None if start is None or second > 60 else start + second


def epochs(data: Ints, at: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    """Seconds of stamps in a chunk.

    Lines of the same minute mostly stand together: a minute is read once for each run of them.

    :param at: where each stamp begins.
    :param wanted: those that are looked at; the others may begin anywhere.
    :returns: seconds, and of which stamps they are known.
    """
    at = np.where(wanted, at, at[np.argmax(wanted)] if wanted.any() else 0)
    if not wanted.any():
        return np.zeros(len(at), dtype=np.int64), wanted
    # Eight bytes from anywhere as one number.
    words: Ints = np.ndarray((len(data) - 7,), "<u8", buffer=data, strides=(1,))
    # The first 16 bytes, the 17th, and the zone's five.
    one, two, zone = words[at], words[at + 8], words[at + 18] >> np.uint64(16)
    last = data[at + 16]
    change = np.empty(len(at), dtype=bool)
    change[0] = True
    change[1:] = (one[1:] != one[:-1]) | (two[1:] != two[:-1]) | (last[1:] != last[:-1]) | (zone[1:] != zone[:-1])
    heads = np.flatnonzero(change)
    minutes = np.empty(len(heads), dtype=np.int64)
    for number, place in enumerate(at[heads].tolist()):
        found = minute(data[place : place + 17].tobytes() + data[place + 21 : place + 26].tobytes())
        minutes[number] = -1 if found is None else found
    started = np.repeat(minutes, np.diff(heads, append=len(at)))
    tens, ones = data[at + 18] - np.uint8(48), data[at + 19] - np.uint8(48)
    fine = (started >= 0) & (tens <= 6) & (ones <= 9) & (data[at + 17] == ord(":")) & (data[at + 20] == ord(" "))
    seconds = tens.astype(np.int64) * 10 + ones
    return started + seconds, fine & (seconds <= 60) & wanted
