"""What went wrong, from every log that tells it, as one timeline (clause IV.2), with what it meant for readers.

From the watch and the suspensions (the control node's record), the activator, fail2ban, ModSecurity, rsync, Apache's
error log, and from the access log itself: when nobody was answered although readers were expected. What a log says
of attackers by the line is told by the hour: a night has thousands of bans and few incidents.
"""

from __future__ import annotations

import itertools
import json
import lzma
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa

from prepctl.memory import sources
from prepctl.memory.batch import Ints
from prepctl.memory.figures import Cut, Window
from prepctl.memory.summary import FAILED, HITS, PAGES

KINDS = ("error", "modsecurity", "fail2ban", "rsync", "activator")
# The longest line of a log that is looked at, and the longest text that is told of one.
LINE_BYTES, SHOWN = 16384, 300
# A gap counts when so few pages in so many minutes are no accident. Pages come in visits of some two each: forty that
# are missing are twenty readers, and e^-20 by Poisson's law.
GAP_EXPECTED = 40.0
GAP_MINUTES = 3
AROUND_MINUTES = 60
# Minutes with so many hits and such a share of errors of the server's.
FAILED_HITS, FAILED_SHARE = 10, 0.1

NONE, NO_RESULTS, OLD_CUT, NOTICE, SLOW, UNKNOWN = "none", "no_results", "old_cut", "notice", "slow", "unknown"
_EFFECTS = {
    "down": NO_RESULTS,
    "stale": OLD_CUT,
    "altered": UNKNOWN,
    "foreign": UNKNOWN,
    "clock": UNKNOWN,
    "notice": UNKNOWN,
    "certificate": NONE,
    "late": OLD_CUT,
    "suspended": NOTICE,
}


@dataclass
class Happening:
    """Something that happened to a diffuser.

    :ivar source: which record tells it.
    :ivar kind: what it was; the words of the document know it.
    :ivar effect: what readers noticed.
    :ivar count: how often, where it was counted.
    :ivar sources_count: from how many addresses.
    """

    at: float
    until: float | None
    outlet: str
    source: str
    kind: str
    detail: str = ""
    effect: str = NONE
    count: int = 1
    addresses: int = 0


@dataclass
class Told:
    """What the logs of an outlet come to."""

    happenings: list[Happening] = field(default_factory=list)
    bans: int = 0
    banned: set[str] = field(default_factory=set)
    by_jail: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    """Requests that the web firewall refused."""
    rules: Counter[str] = field(default_factory=Counter)
    pushes: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    """Lines of a kind that are none of its log."""
    problems: list[str] = field(default_factory=list)


def read(outlet: str, files: dict[str, list[Path]], window: Window, offset: str = "") -> Told:
    """Read an outlet's logs other than those of access.

    :param files: files of each kind.
    :param offset: the server's from UTC (`-0500`), in which logs without one are written; the call's zone if not told.
    """
    told = Told()
    clock = _Clock(window, offset)
    for kind, take in _READERS.items():
        found = take(outlet, told, clock)
        next(found)
        for path in files.get(kind, []):
            told.lines[kind] += 0  # it is there, if empty
            try:
                for line in lines_of(path):
                    told.lines[kind] += 1
                    found.send(line)
            except (OSError, EOFError, lzma.LZMAError, pa.ArrowException) as problem:
                told.problems.append(f"{path}: ended before its end: {' '.join(str(problem).split())}")
        found.close()
    told.happenings = [
        one for one in told.happenings if one.at <= window.until and (one.until or one.at) >= window.since
    ]
    return told


def lines_of(path: Path) -> Iterator[str]:
    """A log's lines, whatever compressed it; of endless ones the beginning."""
    compression = sources.compression_of(path)
    with path.open("rb") as raw:
        packed_by_xz = raw.read(6) == b"\xfd7zXZ\x00"
    with lzma.open(path) if packed_by_xz else sources.opened(path, compression) as opened:
        stream: Any = opened
        tail = b""
        while data := stream.read(1 << 20):
            *whole, tail = (tail + data).split(b"\n")
            tail = tail[:LINE_BYTES]
            for line in whole:
                yield line[:LINE_BYTES].decode("utf-8", "replace")
        if tail:
            yield tail.decode("utf-8", "replace")


class _Clock:
    """Local times of a server as seconds since 1970; and whether the window has them."""

    def __init__(self, window: Window, offset: str) -> None:
        self._window = window
        self._delta: timedelta | None = None
        if re.fullmatch(r"[+-]\d{4}", offset):
            minutes = int(offset[1:3]) * 60 + int(offset[3:5])
            self._delta = timedelta(minutes=-minutes if offset[0] == "-" else minutes)

    def at(self, text: str, form: str) -> float | None:
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            return None
        if moment.tzinfo is None:
            if self._delta is None:
                return (
                    self._window.local(0)
                    .replace(
                        year=moment.year,
                        month=moment.month,
                        day=moment.day,
                        hour=moment.hour,
                        minute=moment.minute,
                        second=moment.second,
                        microsecond=0,
                        fold=0,
                    )
                    .timestamp()
                )
            moment = moment.replace(tzinfo=timezone(self._delta))
        return moment.timestamp()

    def within(self, at: float) -> bool:
        return self._window.since <= at <= self._window.until


class _Hourly:
    """What is told by the hour."""

    def __init__(self, outlet: str, source: str, kind: str, effect: str = NONE) -> None:
        self._outlet, self._source, self._kind, self._effect = outlet, source, kind, effect
        self._counts: Counter[int] = Counter()
        self._span: dict[int, tuple[float, float]] = {}
        self._addresses: dict[int, set[str]] = defaultdict(set)
        self._details: dict[int, Counter[str]] = defaultdict(Counter)

    def add(self, at: float, address: str = "", detail: str = "") -> None:
        hour = int(at // 3600)
        self._counts[hour] += 1
        first, last = self._span.get(hour, (at, at))
        self._span[hour] = (min(first, at), max(last, at))
        if address:
            self._addresses[hour].add(address)
        if detail and (detail in self._details[hour] or len(self._details[hour]) < 1000):
            self._details[hour][detail] += 1

    def happenings(self) -> Iterator[Happening]:
        for hour, count in sorted(self._counts.items()):
            detail = "; ".join(f"{text} ({number})" for text, number in self._details[hour].most_common(3))
            first, last = self._span[hour]
            yield Happening(
                first,
                last,
                self._outlet,
                self._source,
                self._kind,
                detail[:SHOWN],
                self._effect,
                count,
                len(self._addresses[hour]),
            )


Reader = Iterator[None]
_BAN = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ .*?\[([^\]]{1,40})\] (Restore Ban|Ban) (\S+)\s*$")
_ANY_BAN_LOG = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ ")


def _fail2ban(outlet: str, told: Told, clock: _Clock) -> Any:
    hourly: dict[str, _Hourly] = {}
    try:
        while True:
            line = yield
            found = _BAN.match(line)
            if not found:
                told.unread["fail2ban"] += not _ANY_BAN_LOG.match(line)
                continue
            at = clock.at(found[1], "%Y-%m-%d %H:%M:%S")
            # A restart bans anew who was banned: that is no other ban.
            if at is None or not clock.within(at) or found[3] != "Ban":
                continue
            jail = found[2]
            told.bans += 1
            told.banned.add(found[4])
            told.by_jail[jail] += 1
            hourly.setdefault(jail, _Hourly(outlet, "fail2ban", "ban")).add(at, found[4], jail)
    finally:
        told.happenings += [one for part in hourly.values() for one in part.happenings()]


_PART = re.compile(r"^--[0-9a-zA-Z]{4,32}-([A-Z])--$")
_AUDIT = re.compile(r"^\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d{4})\] \S+ (\S+) ")
_MESSAGE = re.compile(r'\[id "(\d{1,9})"\].*?\[msg "((?:[^"\\]|\\.){1,200})"\]')


def _modsecurity(outlet: str, told: Told, clock: _Clock) -> Any:
    hourly = _Hourly(outlet, "modsecurity", "waf")
    part, at, address, rule, denied = "", None, "", "", False
    try:
        while True:
            line = yield
            mark = _PART.match(line)
            if mark:
                part = mark[1]
                if part == "A":
                    at, address, rule, denied = None, "", "", False
                elif part == "Z" and denied and at is not None and clock.within(at):
                    told.refused += 1
                    told.rules[rule or "-"] += 1
                    hourly.add(at, address, rule)
                continue
            if part == "A" and at is None:
                found = _AUDIT.match(line)
                if found:
                    at, address = clock.at(f"{found[1]} {found[2]}", "%d/%b/%Y:%H:%M:%S %z"), found[3]
            elif part == "H":
                if line.startswith("Message: Access denied") or line.startswith("Action: Intercepted"):
                    denied = True
                if line.startswith("Message:"):
                    found = _MESSAGE.search(line)
                    # The last word is that of the rule that adds the others up; the first says what was found.
                    rule = rule or (f"{found[1]} {found[2]}" if found else "")
            elif not part and line.strip():
                told.unread["modsecurity"] += 1
    finally:
        told.happenings += hourly.happenings()


_RSYNC = re.compile(r"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[\d+\] (.*)$")
_RSYNC_DENIED = re.compile(
    r"^(?:auth failed on module \S+ from|rsync denied on module \S+ from|unknown module .* tried from) "
    r".*?\(?([0-9a-fA-F.:]+)\)?(?: for .*|:.*)?$"
)


def _rsync(outlet: str, told: Told, clock: _Clock) -> Any:
    denied, broken = _Hourly(outlet, "rsync", "rsync_denied"), _Hourly(outlet, "rsync", "rsync_error", OLD_CUT)
    try:
        while True:
            line = yield
            found = _RSYNC.match(line)
            if not found:
                told.unread["rsync"] += bool(line.strip())
                continue
            at, text = clock.at(found[1], "%Y/%m/%d %H:%M:%S"), found[2]
            if at is None or not clock.within(at):
                continue
            refused = _RSYNC_DENIED.match(text)
            if refused:
                denied.add(at, refused[1])
            elif text.startswith("rsync error:"):
                broken.add(at, detail=text[len("rsync error:") :].strip()[:120])
            elif text.startswith("sent ") and " total size " in text:
                told.pushes += 1
    finally:
        told.happenings += [*denied.happenings(), *broken.happenings()]


def _activator(outlet: str, told: Told, clock: _Clock) -> Any:
    # The journal tells again what the activator's own log does; and files come in no order.
    seen: set[tuple[float, str, str]] = set()
    try:
        while True:
            line = yield
            try:
                entry = json.loads(line)
                entry = json.loads(entry["MESSAGE"]) if "MESSAGE" in entry else entry
                at = clock.at(entry["at"].replace("Z", "+0000"), "%Y-%m-%dT%H:%M:%S%z")
                text = str(entry.get("reason") or entry.get("cut") or "")[:SHOWN]
                if at is not None:
                    seen.add((at, str(entry["event"]), text))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                told.unread["activator"] += bool(line.strip())
    finally:
        told.happenings += _refusals(outlet, sorted(seen))


def _refusals(outlet: str, events: list[tuple[float, str, str]]) -> Iterator[Happening]:
    """Refused cuts, each until the next one is shown, and when the activator had to put itself right."""
    refusal: Happening | None = None
    for at, event, text in events:
        if event == "refused" and refusal is not None:
            refusal.count += 1
        elif event == "refused":
            refusal = Happening(at, None, outlet, "activator", "refused", text, OLD_CUT)
        elif event in ("shown", "recovered", "withdrawn"):
            if refusal is not None:
                refusal.until = at
                yield refusal
                refusal = None
            if event == "recovered":
                yield Happening(at, at, outlet, "activator", "recovered", text)
    if refusal is not None:
        yield refusal


_ERROR = re.compile(
    r"^\[[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4})\] \[([^\]:]*:)?([a-z0-9]+)\] (.*)$"
)
_NOTABLE = (
    ("AH00484", "max_workers", SLOW),
    ("AH10159", "max_workers", SLOW),
    ("AH03490", "max_workers", SLOW),
    ("AH00161", "max_workers", SLOW),
    ("AH00169", "stopped", NO_RESULTS),
    ("AH00491", "stopped", NO_RESULTS),
    ("AH00492", "stopped", NO_RESULTS),
    ("AH00051", "crashed", UNKNOWN),
    ("AH00052", "crashed", UNKNOWN),
    ("No space left on device", "disk_full", UNKNOWN),
)


def _error(outlet: str, told: Told, clock: _Clock) -> Any:
    hourly: dict[str, _Hourly] = {}
    try:
        while True:
            line = yield
            found = _ERROR.match(line)
            if not found:
                told.unread["error"] += bool(line.strip())
                continue
            for mark, kind, effect in _NOTABLE:
                if mark in found[5]:
                    at = clock.at(f"{found[1]} {found[2]}", "%b %d %H:%M:%S %Y")
                    if at is not None and clock.within(at):
                        hourly.setdefault(kind, _Hourly(outlet, "error", kind, effect)).add(at, detail=mark)
                    break
    finally:
        told.happenings += [one for part in hourly.values() for one in part.happenings()]


_READERS: dict[str, Callable[[str, Told, _Clock], Any]] = {
    "error": _error,
    "modsecurity": _modsecurity,
    "fail2ban": _fail2ban,
    "rsync": _rsync,
    "activator": _activator,
}


def gaps(outlet: str, minutes: tuple[Ints, Ints], window: Window) -> list[Happening]:
    """When nobody was answered although readers were expected, and when the server failed them."""
    keys, rows = minutes
    if not len(keys):
        return []
    found = []
    pages = {int(key): int(row[PAGES]) for key, row in zip(keys, rows, strict=True)}
    opens = max(window.since, window.opening or window.since) // 60
    closes = min(window.until, window.closing or window.until) // 60
    known = [key for key in keys.tolist() if opens <= key <= closes]
    for before, after in itertools.pairwise(known):
        length = after - before - 1
        if length < GAP_MINUTES:
            continue
        rate = (
            max(
                sum(pages.get(before - number, 0) for number in range(AROUND_MINUTES)),
                sum(pages.get(after + number, 0) for number in range(AROUND_MINUTES)),
            )
            / AROUND_MINUTES
        )
        if rate * length >= GAP_EXPECTED:
            found.append(
                Happening((before + 1) * 60, after * 60, outlet, "access", "gap", f"{rate:.0f}", NO_RESULTS, length)
            )
    bad = (rows[:, HITS] >= FAILED_HITS) & (rows[:, FAILED] >= FAILED_SHARE * rows[:, HITS])
    run: Happening | None = None
    for key, row in zip(keys[bad].tolist(), rows[bad].tolist(), strict=True):
        if run is not None and run.until is not None and key * 60 - run.until <= 300:
            run.until, run.count = (key + 1) * 60, run.count + row[FAILED]
        else:
            run = Happening(key * 60, (key + 1) * 60, outlet, "access", "server_errors", "", NO_RESULTS, row[FAILED])
            found.append(run)
    return found


@dataclass
class Record:
    """What the control node knows: incidents, cuts, how they were delivered."""

    incidents: list[dict[str, Any]] = field(default_factory=list)
    cuts: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def happenings(self, window: Window) -> list[Happening]:
        """The incidents of the window."""
        found = []
        for one in self.incidents:
            try:
                at, closed = float(one["opened"]), one.get("closed")
                until = float(closed) if closed is not None else None
                kind = str(one["kind"])
                text = str(one.get("detail", ""))[:SHOWN]
                if at <= window.until and (until or window.until) >= window.since:
                    found.append(
                        Happening(at, until, str(one["mirror"]), "watch", kind, text, _EFFECTS.get(kind, UNKNOWN))
                    )
            except (KeyError, TypeError, ValueError):
                self.problems.append(f"incidents: expected opened, mirror and kind, got {str(one)[:80]}")
        return found

    def cuts_of(self, window: Window) -> list[Cut]:
        """The real cuts of the window; where there was none, a drill's."""
        found = []
        for one in self.cuts:
            try:
                name = str(one["id"])
                cut = Cut(str(one["clock"])[11:16] or name, float(one["published"]), name, bool(one.get("drill")))
            except (KeyError, TypeError, ValueError):
                self.problems.append(f"cuts: expected id, clock and published, got {str(one)[:80]}")
                continue
            if window.since <= cut.published <= window.until:
                found.append(cut)
        found.sort(key=lambda cut: cut.published)
        return [cut for cut in found if not cut.drill] or found

    def lags(self, outlet: str, window: Window) -> list[float]:
        """Seconds that each cut took to be seen at an outlet; of several deliveries the first that was seen."""
        best: dict[str, float] = {}
        told = {cut.name for cut in window.cuts}
        for one in self.deliveries:
            known = not self.cuts or str(one.get("cut")) in told
            if one.get("mirror") == outlet and one.get("lag_s") is not None and known:
                best[str(one["cut"])] = min(float(one["lag_s"]), best.get(str(one["cut"]), 9e99))
        return sorted(best.values())


def record(directory: Path) -> Record:
    """Read the control node's record: exports as JSON lines or JSON, or the database itself."""
    found = Record()
    if not directory.is_dir():
        return found
    for name, rows in (("incidents", found.incidents), ("cuts", found.cuts), ("deliveries", found.deliveries)):
        for path in sorted(directory.glob(f"{name}.json*")):
            try:
                rows += _entries(path)
            except (OSError, ValueError, EOFError) as problem:
                found.problems.append(f"{path}: {' '.join(str(problem).split())}")
    for path in sorted(directory.glob("*.sqlite3")):
        try:
            # Never written to: it is a part of what was sealed.
            connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
            connection.row_factory = sqlite3.Row
            for name, rows in (("incident", found.incidents), ("cut", found.cuts), ("delivery", found.deliveries)):
                if connection.execute("select 1 from sqlite_master where name = ?", (name,)).fetchone():
                    rows += [dict(row) for row in connection.execute(f"select * from {name}")]  # noqa: S608
            connection.close()
        except sqlite3.Error as problem:
            found.problems.append(f"{path}: {problem}")
    return found


def _entries(path: Path) -> Iterable[dict[str, Any]]:
    text = "\n".join(lines_of(path))
    value = (
        json.loads(text)
        if text.lstrip().startswith("[")
        else [json.loads(one) for one in text.splitlines() if one.strip()]
    )
    return [one for one in value if isinstance(one, dict)]
