"""What is kept of a log's lines: sums that add up, whichever part of which file they come from."""

from __future__ import annotations

import hashlib
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

    def merge(self, other: Traffic) -> None:
        self.minutes.merge(other.minutes)
        self.visits.merge(other.visits)
        other.visits.close()


class Memory:
    """What a process remembers of texts, so that each is judged once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._readers: dict[bytes, int] = {}
        self._robots: dict[bytes, bool] = {}
        self._requests: dict[bytes, tuple[int, bytes]] = {}
        self.behind_cdn: set[int] = set()

    def reader(self, text: bytes) -> int:
        """64 bits that stand for an address or an agent."""
        known = self._readers.get(text)
        if known is None:
            if len(self._readers) > REMEMBERED:
                self._readers.clear()
            known = int.from_bytes(hashlib.blake2b(text, digest_size=8, key=self._plan.key).digest(), "little")
            self._readers[text] = known
        return known

    def address(self, front: bytes) -> int:
        """The same for what stands at a line's front: the address alone counts."""
        known = self._readers.get(front)
        if known is None:
            address = who(front)
            known = self.reader(address)
            self._readers[front] = known
            if self._plan.cdn and inside(address, self._plan.cdn):
                self.behind_cdn.add(known)
        return known

    def robot(self, agent: bytes) -> bool:
        known = self._robots.get(agent)
        if known is None:
            if len(self._robots) > REMEMBERED:
                self._robots.clear()
            known = self._robots[agent] = agents.is_robot(agent)
        return known

    def request(self, line: bytes) -> tuple[int, bytes]:
        known = self._requests.get(line)
        if known is None:
            if len(self._requests) > REMEMBERED:
                self._requests.clear()
            known = self._requests[line] = requests.classify(line)
        return known


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
        self.seconds = Sums(2)
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
        robot = np.array([memory.robot(agent) for agent in batch.agent.values])[batch.agent.codes]
        told = [memory.request(line) for line in batch.request.values]
        kinds = np.array([kind for kind, _path in told])[batch.request.codes]
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
            self._traffic(self.earlier, batch, memory, before, robot, page, sent)
        readers = self._traffic(self.window, batch, memory, within, robot, page, sent)
        if within is not None and not within.any():
            return
        self._texts(batch, told, within, page, readers)
        chosen: Ints | slice = slice(None) if within is None else within
        self.seconds.count(epoch[chosen], (None, sent[chosen]))
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
        self, traffic: Traffic, batch: Batch, memory: Memory, chosen: Ints | None, robot: Ints, page: Ints, sent: Ints
    ) -> Column | None:
        """Add lines to a traffic; return their readers' referrers, where pages were seen."""
        if chosen is not None:
            if not chosen.any():
                return None
            page = page & chosen
        keep: Ints | slice = slice(None) if chosen is None else chosen
        status = batch.status[keep]
        traffic.minutes.count(
            batch.epoch[keep] // 60,
            (None, page[keep], sent[keep], robot[keep], (status >= 400) & (status < 500), status >= 500),
        )
        lines = np.flatnonzero(page)
        if not len(lines):
            return None
        asked = batch.addresses(lines)
        told = np.array([memory.address(front) for front in asked.values], dtype=np.uint64)[asked.codes]
        if memory.behind_cdn:
            unknown = np.isin(told, np.array(sorted(memory.behind_cdn), dtype=np.uint64))
            self.unknown_readers += int(unknown.sum())
        codes = batch.agent.codes[lines]
        by_agent = np.zeros(len(batch.agent.values), dtype=np.uint64)
        for code in np.unique(codes).tolist():
            by_agent[code] = memory.reader(batch.agent.values[code])
        traffic.visits.add_pages(told ^ (by_agent[codes] * MIX), batch.epoch[lines])
        return batch.referers(lines)

    def _texts(
        self, batch: Batch, told: list[tuple[int, bytes]], within: Ints | None, page: Ints, readers: Column | None
    ) -> None:
        """Count pages, what is missing, agents and referrers."""
        codes, agent = batch.request.codes, batch.agent.codes
        pages = np.bincount(codes[page if within is None else page & within], minlength=len(told))
        missing = batch.status == 404
        if within is not None:
            missing, agent = missing & within, agent[within]
        for number in np.flatnonzero(pages).tolist():
            self.pages.add(told[number][1], int(pages[number]))
        gone = np.bincount(codes[missing], minlength=len(told))
        for number in np.flatnonzero(gone).tolist():
            self.missing.add(told[number][1], int(gone[number]))
        seen = np.bincount(agent, minlength=len(batch.agent.values)).tolist()
        for text, count in zip(batch.agent.values, seen, strict=True):
            if count:
                self.agents.add(text[: agents.MOST], count)
        if readers is not None:
            for text, count in zip(readers.values, np.bincount(readers.codes).tolist(), strict=True):
                self.referers.add(host_of(text), count)

    def merge(self, other: Summary) -> None:
        """Add what other lines come to."""
        for name in ("lines", "hits", "rejected", "outside", "unknown_readers"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, choose in (("first", min), ("last", max)):
            both = [one for one in (getattr(self, name), getattr(other, name)) if one is not None]
            setattr(self, name, choose(both) if both else None)
        self.aside += other.aside[: KEPT_ASIDE - len(self.aside)]
        for name in ("window", "earlier", "seconds", "status", "kinds", "steps", "pages", "missing", "referers",
                     "agents", "hosts"):  # fmt: skip
            getattr(self, name).merge(getattr(other, name))

    def close(self) -> None:
        """Remove what went to disk."""
        self.window.visits.close()
        self.earlier.visits.close()


def host_of(referer: bytes) -> bytes:
    """The host of a referrer: small letters, without port and user; `-` where there is none."""
    scheme, mark, rest = referer.partition(b"://")
    if not mark:
        return b"-"
    host = rest.partition(b"/")[0].partition(b"?")[0].rpartition(b"@")[2].lower()
    if not host.startswith(b"["):
        host = host.partition(b":")[0]
    return (host if scheme.lower() in (b"http", b"https") else scheme.lower() + b"://" + host)[:120] or b"-"
