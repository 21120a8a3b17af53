"""What is kept of a log's lines: sums that add up, whichever part of which file they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from prepctl.memory import agents, requests
from prepctl.memory.batch import NO_NUMBER, Batch, Column, Ints
from prepctl.memory.lines import Ranges, inside, who
from prepctl.memory.sums import Sums, Top
from prepctl.memory.visits import Visits

# The sums of a minute.
HITS, PAGES, BYTES, ROBOTS, REFUSED, FAILED = range(6)
MINUTE_COLUMNS = 6
# Times taken are told by the power of two and 32 steps within it: at most 3 % off.
STEP_BITS, FIRST_STEP, STEPS = 18, 127 << 5, 2048
# What a process remembers of texts that it met; after so many it begins anew, which costs time and no count.
REMEMBERED = 200_000
# Lines that are none and of which the text is kept; all are counted.
KEPT_ASIDE = 10_000
SHOWN_BYTES = 400
MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Plan:
    """How lines are to be summed up.

    :ivar key: makes readers of addresses, the same in all processes and for all mirrors.
    :ivar start: first second of the window; lines before it are ``earlier``.
    :ivar end: the second after it; lines from there on are ``later``.
    :ivar cdn: whose word about a reader's address is believed.
    :ivar most_visits: stretches of visits that may stay in memory.
    """

    key: bytes
    start: int | None = None
    end: int | None = None
    cdn: Ranges = ()
    most_visits: int = 4_000_000
    place: Path | None = None


@dataclass
class Aside:
    """A line that is none."""

    file: str
    number: int
    text: bytes
    begin: int = 0
    """Where the piece of the file began that the line was found in."""


@dataclass
class Traffic:
    """What counts per minute, and who came."""

    visits: Visits
    minutes: Sums = field(default_factory=lambda: Sums(MINUTE_COLUMNS))
    seconds: Sums = field(default_factory=lambda: Sums(2))
    """Hits and bytes alone: for the peaks."""

    def merge(self, other: Traffic) -> None:
        self.minutes.merge(other.minutes)
        self.seconds.merge(other.seconds)
        self.visits.merge(other.visits)


class Table:
    """Texts that a process met, each with a number under which what is known of it and its counts stand.

    :param learn: what is to be known of a text, as whole numbers.
    """

    def __init__(self, learn: Callable[[bytes], tuple[int, ...]], columns: int) -> None:
        self._learn, self._columns = learn, columns
        self.clear()

    def clear(self) -> None:
        self.places: dict[bytes, int] = {}
        self.known = np.zeros((1024, self._columns), dtype=np.uint64)
        self.counts = np.zeros((1024, 3), dtype=np.int64)

    def find(self, texts: list[bytes]) -> Ints:
        """The numbers of texts."""
        get = self.places.get
        found = [get(text, -1) for text in texts]
        if -1 in found:
            found = [self._place(text) if place < 0 else place for text, place in zip(texts, found, strict=True)]
        return np.array(found, dtype=np.int64)

    def _place(self, text: bytes) -> int:
        place = self.places.get(text)
        if place is None:
            place = self.places[text] = len(self.places)
            if place == len(self.known):
                self.known = np.concatenate([self.known, np.zeros_like(self.known)])
                self.counts = np.concatenate([self.counts, np.zeros_like(self.counts)])
            self.known[place] = self._learn(text)
        return place

    def add(self, column: int, places: Ints, counts: Ints) -> None:
        """Count texts, each of which is named once."""
        self.counts[places, column] += counts

    def pour(self, column: int, top: Top, text_of: Callable[[bytes], bytes] = lambda text: text) -> None:
        """Move what was counted to where it is kept."""
        counted = np.flatnonzero(self.counts[: len(self.places), column])
        if len(counted):
            texts = list(self.places)
            for place in counted.tolist():
                top.add(text_of(texts[place]), int(self.counts[place, column]))
            self.counts[:, column] = 0


class Memory:
    """What a process remembers of texts, so that each is judged once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.behind_cdn: set[int] = set()
        # Of an address: its reader; of an agent: reader and whether it is a robot; of a request: its kind.
        self.addresses = Table(lambda front: (self._address(front),), 1)
        self.agents = Table(lambda agent: (self._hash(agent), agents.is_robot(agent)), 2)
        self.requests = Table(lambda line: (requests.classify(line)[0],), 1)
        self.referers = Table(lambda referer: (0,), 1)

    def _hash(self, text: bytes) -> int:
        """64 bits that stand for an address or an agent."""
        return int.from_bytes(hashlib.blake2b(text, digest_size=8, key=self.plan.key).digest(), "little")

    def _address(self, front: bytes) -> int:
        """The same for what stands at a line's front: the address alone counts."""
        address = who(front)
        known = self._hash(address)
        if self.plan.cdn and inside(address, self.plan.cdn):
            self.behind_cdn.add(known)
        return known

    def full(self) -> bool:
        """Whether so much is remembered that it is better to begin anew."""
        return any(len(table.places) > REMEMBERED for table in self._tables())

    def clear(self) -> None:
        for table in self._tables():
            table.clear()

    def _tables(self) -> tuple[Table, ...]:
        return self.addresses, self.agents, self.requests, self.referers


class Summary:
    """What the lines of an outlet's logs come to.

    :param plan: how to sum up.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lines = self.hits = self.rejected = self.outside = 0
        self.first: int | None = None
        self.last: int | None = None
        self.aside: list[Aside] = []
        self.window = Traffic(Visits(plan.most_visits, plan.place))
        self.earlier = Traffic(Visits(plan.most_visits, plan.place))
        self.status = Sums(2)
        self.kinds = Sums(2)
        self.steps = Sums(1)
        self.pages, self.missing, self.referers = Top(), Top(), Top()
        self.agents, self.hosts = Top(), Top(1000)
        self.unknown_readers = 0
        """Pages that a CDN asked for and of which the log does not tell the reader."""

    def reject(self, file: str, number: int, text: bytes) -> None:
        """Keep a line aside that is none."""
        self.rejected += 1
        if len(self.aside) < KEPT_ASIDE:
            self.aside.append(Aside(file, number, text[:SHOWN_BYTES]))

    def add(self, batch: Batch, memory: Memory) -> None:
        """Add lines."""
        count = len(batch)
        if not count:
            return
        self.hits += count
        epoch, plan = batch.epoch, self.plan
        first, last = int(epoch.min()), int(epoch.max())
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)
        for host in batch.hosts:
            self.hosts.add(host, 1)
        lines, who_asks = memory.requests.find(batch.request.values), memory.agents.find(batch.agent.values)
        robot = memory.agents.known[who_asks, 1].astype(bool)[batch.agent.codes]
        kinds = memory.requests.known[lines, 0].astype(np.int64)[batch.request.codes]
        shown = (batch.status == requests.SHOWN[0]) | (batch.status == requests.SHOWN[1])
        page = (kinds == requests.PAGE) & shown & ~robot
        sent = np.where(batch.sent == NO_NUMBER, batch.size, batch.sent)
        within: Ints | None = None
        if (plan.start is not None and first < plan.start) or (plan.end is not None and last >= plan.end):
            within = np.ones(count, dtype=bool) if plan.start is None else epoch >= plan.start
            before = ~within
            if plan.end is not None:
                within &= epoch < plan.end
            self.outside += int(count - within.sum())
            self._traffic(self.earlier, batch, memory, who_asks, before, robot, page, sent)
        referers = self._traffic(self.window, batch, memory, who_asks, within, robot, page, sent)
        if within is not None and not within.any():
            return
        pages = np.bincount(batch.request.codes[page if within is None else page & within], minlength=len(lines))
        memory.requests.add(0, lines, pages)
        missing = batch.status == 404
        if missing.any():
            gone = batch.request.codes[missing if within is None else missing & within]
            memory.requests.add(1, lines, np.bincount(gone, minlength=len(lines)))
        asked = batch.agent.codes if within is None else batch.agent.codes[within]
        memory.agents.add(0, who_asks, np.bincount(asked, minlength=len(who_asks)))
        if referers is not None:
            places = memory.referers.find(referers.values)
            memory.referers.add(0, places, np.bincount(referers.codes))
        chosen: Ints | slice = slice(None) if within is None else within
        self.status.count(batch.status[chosen], (None, robot[chosen]))
        self.kinds.count(kinds[chosen], (None, sent[chosen]))
        micros = batch.micros[chosen]
        timed = micros != NO_NUMBER
        if timed.any():
            if not timed.all():
                micros, hours = micros[timed], epoch[chosen][timed] // 3600
            else:
                hours = epoch[chosen] // 3600
            step = (micros.astype(np.float32).view(np.int32) >> STEP_BITS) - FIRST_STEP
            self.steps.count(hours * STEPS + np.clip(step, 0, STEPS - 1), (None,))

    def _traffic(
        self,
        traffic: Traffic,
        batch: Batch,
        memory: Memory,
        who_asks: Ints,
        chosen: Ints | None,
        robot: Ints,
        page: Ints,
        sent: Ints,
    ) -> Column | None:
        """Add lines to a traffic; return the referrers of its pages."""
        if chosen is not None:
            if not chosen.any():
                return None
            page = page & chosen
        keep: Ints | slice = slice(None) if chosen is None else chosen
        seconds, rows = _per_second(batch.epoch[keep], page[keep], robot[keep], batch.status[keep], sent[keep])
        traffic.seconds.add(seconds, rows[:, (HITS, BYTES)])
        minutes = seconds // 60
        heads = np.flatnonzero(np.r_[True, minutes[1:] != minutes[:-1]])
        traffic.minutes.add(minutes[heads], np.add.reduceat(rows, heads, axis=0))
        lines = np.flatnonzero(page)
        if not len(lines):
            return None
        asked = batch.addresses(lines)
        places = memory.addresses.find(asked.values)  # which may make the table longer
        told = memory.addresses.known[places, 0][asked.codes]
        if memory.behind_cdn:
            self.unknown_readers += int(np.isin(told, np.array(sorted(memory.behind_cdn), dtype=np.uint64)).sum())
        by_agent = memory.agents.known[who_asks, 0][batch.agent.codes[lines]]
        traffic.visits.add_pages(told ^ (by_agent * MIX), batch.epoch[lines])
        return batch.referers(lines)

    def settle(self, memory: Memory) -> None:
        """Take over what was counted in a process's tables."""
        memory.requests.pour(0, self.pages, _path)
        memory.requests.pour(1, self.missing, _path)
        memory.agents.pour(0, self.agents, lambda agent: agent[: agents.MOST])
        memory.referers.pour(0, self.referers, host_of)

    def merge(self, other: Summary) -> None:
        """Add what other lines come to."""
        for name in ("lines", "hits", "rejected", "outside", "unknown_readers"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, choose in (("first", min), ("last", max)):
            both = [one for one in (getattr(self, name), getattr(other, name)) if one is not None]
            setattr(self, name, choose(both) if both else None)
        self.aside += other.aside[: KEPT_ASIDE - len(self.aside)]
        for name in (
            "window",
            "earlier",
            "status",
            "kinds",
            "steps",
            "pages",
            "missing",
            "referers",
            "agents",
            "hosts",
        ):
            getattr(self, name).merge(getattr(other, name))

    def close(self) -> None:
        """Remove what went to disk."""
        self.window.visits.close()
        self.earlier.visits.close()


def _per_second(epoch: Ints, page: Ints, robot: Ints, status: Ints, sent: Ints) -> tuple[Ints, Ints]:
    """The seconds that there were, in order, and their sums in the columns of a minute."""
    base, last = int(epoch.min()), int(epoch.max())
    if last - base > 4 * len(epoch) + 4096:
        # Far apart: what lies between is not counted through.
        seconds, places = np.unique(epoch, return_inverse=True)
    else:
        seconds, places = np.arange(base, last + 1), epoch - base
    # One pass for all that is yes or no.
    marks = page + 2 * robot + 4 * ((status >= 400) & (status < 500)) + 8 * (status >= 500)
    told = np.bincount(places * 16 + marks, minlength=16 * len(seconds)).reshape(-1, 16)
    rows = np.empty((len(seconds), MINUTE_COLUMNS), dtype=np.int64)
    rows[:, HITS] = told.sum(axis=1)
    for column, bit in ((PAGES, 1), (ROBOTS, 2), (REFUSED, 4), (FAILED, 8)):
        rows[:, column] = told[:, _WITH[bit]].sum(axis=1)
    # Doubles hold whole numbers up to 2^53, far more than some lines have bytes.
    rows[:, BYTES] = np.bincount(places, sent, minlength=len(seconds))
    there = rows[:, HITS] > 0
    return seconds[there], rows[there]


_WITH = {bit: [number for number in range(16) if number & bit] for bit in (1, 2, 4, 8)}


def _path(line: bytes) -> bytes:
    return requests.classify(line)[1]


def host_of(referer: bytes) -> bytes:
    """The host of a referrer: small letters, without port and user; `-` where there is none."""
    scheme, mark, rest = referer.partition(b"://")
    if not mark:
        return b"-"
    host = rest.partition(b"/")[0].partition(b"?")[0].rpartition(b"@")[2].lower()
    if not host.startswith(b"["):
        host = host.partition(b":")[0]
    return (host if scheme.lower() in (b"http", b"https") else scheme.lower() + b"://" + host)[:120] or b"-"
