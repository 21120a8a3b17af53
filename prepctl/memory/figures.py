"""Summaries as figures, for documents and tables: totals, days, hours, what happens around a cut, peaks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from prepctl.memory import agents, requests
from prepctl.memory.batch import Ints
from prepctl.memory.summary import (
    BYTES,
    FAILED,
    FIRST_STEP,
    HITS,
    MINUTE_COLUMNS,
    PAGES,
    REFUSED,
    ROBOTS,
    STEP_BITS,
    STEPS,
    Summary,
    Traffic,
)

TOP = 15
# Minutes shown before and after a cut's publication.
BEFORE, AFTER = 5, 15
# A reader is there for so long after the last page: until the data that the page loads would come again.
STAY_S = 60


class Cut(NamedTuple):
    """A cut of the window."""

    clock: str
    published: float
    name: str
    drill: bool


@dataclass
class Window:
    """The window that is told of; the last second is part of it."""

    since: int
    until: int
    zone: str
    opening: int | None = None
    """When publication opens and closes, if there is a call."""
    closing: int | None = None
    cuts: list[Cut] = field(default_factory=list)
    """In the order in which they were published; of one kind."""

    @property
    def drill(self) -> bool:
        """Whether what was published was a drill's."""
        return any(cut.drill for cut in self.cuts)

    def local(self, epoch: float) -> datetime:
        return datetime.fromtimestamp(epoch, timezone.utc).astimezone(ZoneInfo(self.zone))

    def days(self) -> list[tuple[str, int, int]]:
        """Each day of the window: its date, first second and the second after its last, also where clocks change."""
        zone, found = ZoneInfo(self.zone), []
        day = self.local(self.since).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        while int(day.replace(tzinfo=zone).timestamp()) <= self.until:
            after = day + timedelta(days=1)
            found.append(
                (
                    f"{day:%Y-%m-%d}",
                    int(day.replace(tzinfo=zone).timestamp()),
                    int(after.replace(tzinfo=zone).timestamp()),
                )
            )
            day = after
        return found

    def hours(self) -> list[int]:
        """The first second of each hour, by the zone's clock."""
        start = self.since - (self.local(self.since).minute * 60 + self.local(self.since).second)
        return list(range(start, self.until + 1, 3600))


@dataclass
class Figures:
    """What is told of an outlet, or of the fleet."""

    name: str
    title: str
    totals: dict[str, Any]
    days: list[dict[str, Any]]
    hours: list[dict[str, Any]]
    cuts: list[dict[str, Any]]
    around: list[float]
    """Pages per minute, on average, from ``BEFORE`` minutes before a cut."""
    minutes: tuple[Ints, Ints]
    status: list[tuple[int, int, int]]
    kinds: list[tuple[str, int, int]]
    pages: list[tuple[str, int]]
    missing: list[tuple[str, int]]
    referers: list[tuple[str, int]]
    systems: list[tuple[str, int]]
    browsers: list[tuple[str, int]]
    robots: list[tuple[str, int]]
    own_hosts: list[str]


def of(name: str, title: str, summary: Summary, window: Window, *, visits: int | None = None) -> Figures:
    """Work figures out.

    :param visits: the fleet's: the sum of the outlets', of which each counts its own.
    """
    minutes = summary.window.minutes.all()
    days = [{"day": day, **_between(minutes, first, end)} for day, first, end in window.days()]
    hours = [{"hour": first, **_between(minutes, first, first + 3600)} for first in window.hours()]
    readers = _readers(summary.window, window, days, hours)
    for row, (first, end) in zip(days, [(first, end) for _day, first, end in window.days()], strict=True):
        row["p50_ms"], row["p95_ms"] = _percentiles(summary, first // 3600, end // 3600)
    own = [host.decode("ascii", "replace").lower() for host, _count in summary.hosts.first(5)]
    systems, browsers, robots = _agents(summary)
    totals = {**_between(minutes, window.since, window.until + 1), **readers}
    if visits is not None:
        totals["visits"] = visits
    totals |= {
        "lines": summary.lines,
        "rejected": summary.rejected,
        "outside": summary.outside,
        "unknown_readers": summary.unknown_readers,
        "first": summary.first,
        "last": summary.last,
        **_peaks(summary, minutes),
    }
    totals["p50_ms"], totals["p95_ms"] = _percentiles(summary, None, None)
    totals["readers_at_peak"] = _present(summary.window, totals["peak_minute"]) if totals["peak_minute"] else 0
    totals["readers_at_band"] = _present(summary.window, totals["peak_bytes_minute"]) if totals["peak_minute"] else 0
    keys, rows = summary.status.all()
    kinds = dict(zip(*[part.tolist() for part in summary.kinds.all()], strict=True))
    cuts, around = _around(minutes, window)
    return Figures(
        name,
        title,
        totals,
        days,
        hours,
        cuts,
        around,
        minutes,
        [(int(key), int(row[0]), int(row[1])) for key, row in zip(keys, rows, strict=True)],
        [(kind, *kinds.get(number, [0, 0])) for number, kind in enumerate(requests.KINDS)],
        _texts(summary.pages.first(TOP)),
        _texts(summary.missing.first(TOP)),
        _texts(summary.referers.first(200)),
        systems,
        browsers,
        robots,
        own,
    )


def fleet(title: str, summaries: list[Summary], outlets: list[Figures], window: Window) -> Figures:
    """The figures of all together: what one reader does at two outlets is two visits, of one visitor."""
    whole = Summary(summaries[0].plan)
    for summary in summaries:
        whole.merge(summary)
    visits = sum(one.totals["visits"] for one in outlets)
    found = of("", title, whole, window, visits=visits)
    for number, row in enumerate(found.days):
        row["visits"] = sum(one.days[number]["visits"] for one in outlets)
    for number, row in enumerate(found.hours):
        row["visits"] = sum(one.hours[number]["visits"] for one in outlets)
    whole.close()
    return found


def averages(traffic: Traffic, zone: str) -> dict[str, float] | None:
    """Hits, pages and visits of an average day; only days count of which there are lines in at least 20 hours."""
    keys, rows = traffic.minutes.all()
    if not len(keys):
        return None
    span = Window(int(keys[0]) * 60, int(keys[-1]) * 60 + 59, zone)
    days = []
    for day, first, end in span.days():
        within = (keys >= first // 60) & (keys < end // 60)
        if len(np.unique(keys[within] // 60)) >= 20:
            days.append((day, first, end))
    if not days:
        return None
    rows_of = [_between((keys, rows), first, end) for _day, first, end in days]
    visits = 0
    for part in traffic.visits.parts():
        for _day, first, end in days:
            visits += int(((part["first"] >= first) & (part["first"] < end)).sum())
    count = len(days)
    return {
        "days": count,
        "hits": sum(row["hits"] for row in rows_of) / count,
        "pages": sum(row["pages"] for row in rows_of) / count,
        "visits": visits / count,
    }


def _between(minutes: tuple[Ints, Ints], first: int, end: int) -> dict[str, int]:
    keys, rows = minutes
    begin, stop = np.searchsorted(keys, [first // 60, -(-end // 60)])
    sums = rows[begin:stop].sum(axis=0) if stop > begin else np.zeros(MINUTE_COLUMNS, np.int64)
    return {
        "hits": int(sums[HITS]),
        "pages": int(sums[PAGES]),
        "bytes": int(sums[BYTES]),
        "robots": int(sums[ROBOTS]),
        "refused": int(sums[REFUSED]),
        "failed": int(sums[FAILED]),
    }


def _readers(
    traffic: Traffic, window: Window, days: list[dict[str, Any]], hours: list[dict[str, Any]]
) -> dict[str, Any]:
    """Visits where they began, visitors wherever they were; into the rows, and in all."""
    for row in [*days, *hours]:
        row["visits"] = row["visitors"] = 0
    total = visitors = seconds = 0
    ends = [(first, end) for _day, first, end in window.days()]
    begins = np.array(window.hours(), dtype=np.int64)
    for part in traffic.visits.parts():
        if not len(part):
            continue
        total += len(part)
        visitors += int(np.count_nonzero(np.diff(part["reader"]))) + 1
        seconds += int((part["last"] - part["first"]).sum())
        for row, (first, end) in zip(days, ends, strict=True):
            row["visits"] += int(((part["first"] >= first) & (part["first"] < end)).sum())
            # A stretch has no gap as long as a day, or an hour: who was there before and after was there.
            row["visitors"] += _different(part["reader"][(part["first"] < end) & (part["last"] >= first)])
        started = np.searchsorted(begins, part["first"], "right") - 1
        counts = np.bincount(np.clip(started, 0, len(begins) - 1), minlength=len(begins))
        for row, count in zip(hours, counts.tolist(), strict=True):
            row["visits"] += count
        ended = np.clip(np.searchsorted(begins, part["last"], "right") - 1, 0, len(begins) - 1)
        started = np.clip(started, 0, len(begins) - 1)
        for number, row in enumerate(hours):
            there = (started <= number) & (ended >= number)
            if there.any():
                row["visitors"] += _different(part["reader"][there])
    return {"visits": total, "visitors": visitors, "visit_seconds": seconds / total if total else 0.0}


def _different(readers: Ints) -> int:
    """How many different ones there are, in order."""
    return int(np.count_nonzero(readers[1:] != readers[:-1])) + 1 if len(readers) else 0


def _present(traffic: Traffic, minute: int) -> int:
    """Readers who were there in a minute."""
    return sum(
        int(((part["first"] < minute + 60) & (part["last"] + STAY_S >= minute)).sum())
        for part in traffic.visits.parts()
    )


def _peaks(summary: Summary, minutes: tuple[Ints, Ints]) -> dict[str, Any]:
    keys, rows = minutes
    if not len(keys):
        return {
            "peak_minute": None,
            "peak_minute_hits": 0,
            "peak_minute_pages": 0,
            "peak_bytes_minute": None,
            "peak_mbit_s": 0.0,
            "peak_second": None,
            "peak_second_hits": 0,
        }
    busiest, heaviest = int(rows[:, HITS].argmax()), int(rows[:, BYTES].argmax())
    seconds, told = summary.window.seconds.all()
    second = int(told[:, 0].argmax()) if len(seconds) else 0
    return {
        "peak_minute": int(keys[busiest]) * 60,
        "peak_minute_hits": int(rows[busiest, HITS]),
        "peak_minute_pages": int(rows[:, PAGES].max()),
        "peak_bytes_minute": int(keys[heaviest]) * 60,
        "peak_mbit_s": float(rows[heaviest, BYTES]) * 8 / 60 / 1e6,
        "peak_second": int(seconds[second]) if len(seconds) else None,
        "peak_second_hits": int(told[second, 0]) if len(seconds) else 0,
    }


def _percentiles(summary: Summary, first_hour: int | None, end_hour: int | None) -> tuple[float | None, float | None]:
    """Milliseconds that half of the requests took at most, and 95 in 100; None where the log does not tell."""
    keys, rows = summary.steps.all()
    if first_hour is not None and end_hour is not None:
        begin, stop = np.searchsorted(keys, [first_hour * STEPS, end_hour * STEPS])
        keys, rows = keys[begin:stop], rows[begin:stop]
    if not len(keys):
        return None, None
    counts = np.bincount(keys % STEPS, weights=rows[:, 0], minlength=STEPS)
    reached = np.cumsum(counts) / counts.sum()
    found = []
    for share in (0.5, 0.95):
        step = int(np.searchsorted(reached, share)) + FIRST_STEP
        low, high = np.array([step << STEP_BITS, (step + 1) << STEP_BITS], dtype=np.int32).view(np.float32)
        found.append(float((low + high) / 2 / 1000))
    return found[0], found[1]


def _around(minutes: tuple[Ints, Ints], window: Window) -> tuple[list[dict[str, Any]], list[float]]:
    """Pages per minute around each cut, and on average."""
    keys, rows = minutes
    found, curves = [], []
    for cut in window.cuts:
        minute = int(cut.published // 60)
        wanted = np.arange(minute - BEFORE, minute + AFTER)
        places = np.searchsorted(keys, wanted)
        there = (
            (places < len(keys)) & (keys[np.minimum(places, max(0, len(keys) - 1))] == wanted)
            if len(keys)
            else wanted < 0
        )
        curve = np.where(there, rows[np.minimum(places, max(0, len(keys) - 1)), PAGES], 0) if len(keys) else wanted * 0
        curves.append(curve)
        found.append(
            {
                "clock": cut.clock,
                "published": cut.published,
                "drill": cut.drill,
                "before": int(curve[:BEFORE].sum()),
                "after": int(curve[BEFORE:].sum()),
                "peak": int(curve.max()),
            }
        )
    return found, [float(value) for value in np.mean(curves, axis=0)] if curves else []


def _agents(summary: Summary) -> tuple[list[tuple[str, int]], list[tuple[str, int]], list[tuple[str, int]]]:
    systems: Counter[str] = Counter()
    browsers: Counter[str] = Counter()
    robots: Counter[str] = Counter()
    for agent, count in summary.agents:
        system, browser = agents.describe(agent)
        if agents.is_robot(agent):
            said = agent.decode("utf-8", "replace")[:60] if agent not in (b"", b"-") else agents.SILENT
            robots[browser if browser != agents.UNKNOWN else said] += count
        else:
            systems[system] += count
            browsers[browser] += count
    return _most(systems), _most(browsers), _most(robots)


def _most(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:TOP]


def _texts(counted: list[tuple[bytes, int]]) -> list[tuple[str, int]]:
    return [(text.decode("utf-8", "replace"), count) for text, count in counted]
