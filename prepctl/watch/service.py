"""The watch itself: a task for each mirror, so that none waits for another, and one that paints.

What is open is on disk. A watch that was killed goes on with it; two at once do no harm.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prepctl.incidents import SUSPENDED, Incident, Incidents
from prepctl.intrusions import Intrusion, Intrusions, Questioner
from prepctl.publish.mirrors import Inventory
from prepctl.publish.store import Store
from prepctl.watch.look import DOWN, Expected, Eye, Look

# Looks in a row that have to miss before a mirror is down: one lost packet is no incident.
DOWN_LOOKS = 2
WEBHOOK_TRIES, WEBHOOK_TIMEOUT_S = 3, 5.0
# What the origin's own incidents are kept under.
ORIGIN, LATE = "origen", "late"
# Bans and refusals are logged on the servers: they are asked for them so often.
INTRUSIONS_EVERY_S = 60.0
# Incidents closed within so long are shown beside the open ones.
RECENT_S = 6 * 3600


@dataclass
class View:
    """What there is to show at a moment."""

    now: float
    looks: list[Look | None]
    names: list[str]
    newest: dict[str, Any] | None
    incidents: list[Incident]
    lags: dict[str, float] = field(default_factory=dict)
    """Seconds that each mirror took for its last cut."""
    intrusions: list[Intrusion] = field(default_factory=list)
    """Bans and refusals of the last hours, the latest first."""


Painter = Callable[[View], None]


class Watch:
    """Watches the mirrors of an inventory.

    :param directory: ``publication/`` of the workspace.
    :param painters: called with each view, in turn; what they write is theirs.
    :param webhook: where each opened and closed incident is posted to.
    :param questioner: asks the servers who was banned or refused; nobody does if it is None.
    """

    def __init__(
        self,
        inventory: Inventory,
        directory: Path,
        *,
        every_s: float = 5,
        cycle_s: float = 900,
        painters: tuple[Painter, ...] = (),
        webhook: str | None = None,
        questioner: Questioner | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._inventory, self._every_s = inventory, every_s
        self._store, self.incidents, self._intrusions = Store(directory), Incidents(directory), Intrusions(directory)
        self._questioner = questioner
        self._eyes = [Eye(mirror, self._store, every_s, cycle_s) for mirror in inventory.mirrors]
        self._looks: dict[str, Look] = {}
        self._misses: dict[str, int] = {}
        self._painters, self._webhook, self._tell = painters, webhook, tell
        self._pool = ThreadPoolExecutor(max_workers=len(self._eyes) + 3, thread_name_prefix="look")
        self._posts: set[asyncio.Task[None]] = set()

    def run(self, rounds: int | None = None) -> View:
        """Watch until told to end (``KeyboardInterrupt``), or for so many looks at each mirror."""
        return asyncio.run(self._run(rounds))

    async def _run(self, rounds: int | None) -> View:
        tasks: list[Awaitable[None]] = [self._follow(eye, rounds) for eye in self._eyes]
        painting = asyncio.create_task(self._paint())
        asking = asyncio.create_task(self._ask(rounds is not None))
        try:
            await asyncio.gather(*tasks)
            if rounds is not None:
                await asking
            await asyncio.gather(*self._posts)
        finally:
            painting.cancel()
            asking.cancel()
            if self._questioner:
                self._questioner.end()
            for eye in self._eyes:
                eye.close()
            self._pool.shutdown(wait=False, cancel_futures=True)
        view = self.view()
        self._show(view)
        return view

    async def _follow(self, eye: Eye, rounds: int | None) -> None:
        loop, done = asyncio.get_running_loop(), 0
        while True:
            started = loop.time()
            look = await loop.run_in_executor(self._pool, eye.look, self.expected(time.time()))
            self._take(look)
            done += 1
            if rounds is not None and done >= rounds:
                return
            await asyncio.sleep(max(0.0, self._every_s - (loop.time() - started)))

    def expected(self, now: float) -> Expected:
        """Return what mirrors have to show: the newest cut, unless it was of a drill that is over."""
        newest = self._store.newest()
        if newest and newest["drill"] and not self._inventory.drill_on(now):
            newest = None
        return Expected(newest, float(self._inventory.call["freshness_limit_seconds"]))

    def _take(self, look: Look) -> None:
        """Open and close incidents by one look."""
        name, found = look.mirror, {one.kind: one for one in look.findings}
        self._looks[name] = look
        self._misses[name] = 0 if DOWN not in found else self._misses.get(name, 0) + 1
        if 0 < self._misses[name] < DOWN_LOOKS:
            return
        for one in found.values():
            self._open(name, one.kind, one.detail, one.evidence)
        if look.suspended is not None:
            self._open(name, SUSPENDED, str(look.suspended.get("reason") or ""), look.suspended)
        if not look.reached or DOWN in found:
            return  # nothing else was seen, so nothing else is over
        for incident in self.incidents.all(only_open=True):
            over = incident.kind not in found
            if incident.kind == SUSPENDED:
                # Its own word is not enough: results have to be seen.
                over = look.suspended is None and look.page_status == 200
            if incident.mirror == name and over and self.incidents.close(name, incident.kind):
                self._announce("closed", name, incident.kind, incident.detail, {})

    def _open(self, name: str, kind: str, detail: str, evidence: dict[str, Any]) -> None:
        if self.incidents.open(name, kind, detail, evidence):
            self._announce("opened", name, kind, detail, evidence)

    def _announce(self, event: str, name: str, kind: str, detail: str, evidence: dict[str, Any]) -> None:
        self._tell(f"{time.strftime('%H:%M:%S')} {event}: {name}: {kind}: {detail}")
        if self._webhook:
            said = {"event": event, "mirror": name, "kind": kind, "detail": detail, "evidence": evidence}
            task = asyncio.get_running_loop().create_task(self._post({**said, "at": int(time.time())}))
            self._posts.add(task)
            task.add_done_callback(self._posts.discard)

    async def _post(self, said: dict[str, Any]) -> None:
        """Tell the webhook; that it can't be reached holds nothing up."""
        request = urllib.request.Request(  # noqa: S310 (the scheme was looked at)
            str(self._webhook), json.dumps(said).encode(), {"Content-Type": "application/json"}
        )
        problem: Exception | None = None
        for attempt in range(WEBHOOK_TRIES):
            try:
                await asyncio.get_running_loop().run_in_executor(self._pool, _send, request)
                return
            except OSError as failed:
                problem = failed
                await asyncio.sleep(2**attempt / 4)
        self._tell(f"webhook: {problem}")

    async def _ask(self, once: bool) -> None:
        """Have the servers say who was banned or refused; that one doesn't is told, and holds nothing up."""
        while self._questioner is not None:
            said = await asyncio.get_running_loop().run_in_executor(self._pool, self._questioner.ask_quietly)
            if said:
                self._tell(f"{time.strftime('%H:%M:%S')} {said}")
            if once:
                return
            await asyncio.sleep(INTRUSIONS_EVERY_S)

    def view(self) -> View:
        """Return what there is to show now."""
        now, newest = time.time(), self._store.newest()
        names = [eye.mirror.name for eye in self._eyes]
        incidents = [one for one in self.incidents.all(since=now - RECENT_S) if one.mirror in [*names, ORIGIN]]
        lags = self._store.lags(newest["id"]) if newest else {}
        intrusions = [one for one in self._intrusions.since(now - RECENT_S) if one.mirror in names]
        return View(now, [self._looks.get(name) for name in names], names, newest, incidents, lags, intrusions)

    def judge_origin(self, now: float) -> None:
        """Open or close the incident of cuts that don't come: while publication lasts, half as late again as due."""
        call = self._inventory.call
        last = max(self._store.last_real() or 0.0, float(self._inventory.opening))
        limit = call["update_interval_minutes"] * 90 + call["freshness_limit_seconds"]
        if self._inventory.opening <= now < self._inventory.closing and now - last > limit:
            detail = f"ningún corte nuevo desde hace {int(now - last) // 60} minutos"
            self._open(ORIGIN, LATE, detail, {"last": int(last)})
        elif self.incidents.close(ORIGIN, LATE):
            self._announce("closed", ORIGIN, LATE, "", {})

    async def _paint(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._every_s))
            self.judge_origin(time.time())
            self._show(self.view())

    def _show(self, view: View) -> None:
        for painter in self._painters:
            painter(view)


def _send(request: urllib.request.Request) -> None:
    with urllib.request.urlopen(request, timeout=WEBHOOK_TIMEOUT_S) as answer:  # noqa: S310
        answer.read(1024)
