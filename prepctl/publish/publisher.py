"""A cut to all mirrors at once; each is done when a reader sees the cut there.

Each mirror has a thread of its own, so none waits for another's pauses; only so many rsyncs run at once.
That rsync ended with 0 says nothing yet: what counts is the mirror's public status and its files.
"""

# Ansible and its collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from ansible_collections.iepc.prep.plugins.module_utils.cuts import manifest

from prepctl.exit_codes import ExitCode
from prepctl.publish.mirrors import Mirror
from prepctl.publish.push import Running, push
from prepctl.publish.reader import Reader, Unseen
from prepctl.publish.stage import Cut
from prepctl.publish.store import Store
from prepctl.stopping import stopped_in_order

ATTEMPTS = 5
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0
POLL_S = 0.15
# How often it is asked whether to stop.
ASK_S = 0.2
# Files fetched and compared beside the manifest: what changed and what says the clock come first.
SAMPLE = 8
# A mirror that took up something else meanwhile gets as long to come to this cut before it is pushed again.
DISPLACED_AFTER_S = 3.0
# After so long without a word the cut is pushed by content: one of another origin, of the same sizes and the same
# second, looks to rsync like this one.
SILENT_AFTER_S = 10.0
# What a mirror says when it has other content than was pushed, or had no room: another push may heal it.
HEALABLE = ("missing", "extra", "altered", "error", "manifest", "signature")

SHOWN, SUPERSEDED, SUSPENDED = "shown", "superseded", "suspended"
REFUSED, NOT_VISIBLE, ALTERED, DISPLACED = "refused", "not visible", "altered", "displaced"
UNREACHABLE, PUSH_FAILED = "unreachable", "push failed"
CODES = {
    SHOWN: ExitCode.OK, SUPERSEDED: ExitCode.OK, SUSPENDED: ExitCode.OK,
    REFUSED: ExitCode.CONTROL_FAILED, NOT_VISIBLE: ExitCode.CONTROL_FAILED, ALTERED: ExitCode.CONTROL_FAILED,
    DISPLACED: ExitCode.CONTROL_FAILED,
    UNREACHABLE: ExitCode.UNREACHABLE, PUSH_FAILED: ExitCode.UNREACHABLE,
}  # fmt: skip


@dataclass
class Delivery:
    """How a mirror fared."""

    mirror: str
    outcome: str
    detail: str = ""
    lag_s: float | None = None
    """From the cut's publication until a reader saw it whole."""
    pushed_s: float | None = None
    sent_bytes: int = 0
    attempts: int = 0

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


class Publisher:
    """One publication.

    :param parallel: how many rsyncs run at once.
    :param patience_s: after this a mirror is given up.
    """

    def __init__(self, cut: Cut, store: Store, rsync: str, *, parallel: int = 16, patience_s: float = 120) -> None:
        self._cut, self._store, self._rsync = cut, store, rsync
        self._slots = threading.Semaphore(parallel)
        self._patience_s = patience_s
        self._rsyncs = Running()
        self._started = time.time()
        self._start = time.monotonic()

    def publish(self, mirrors: list[Mirror], tell: Callable[[Delivery], None]) -> list[Delivery]:
        """Deliver to all; *tell* is called as each is done. In the mirrors' order."""
        self._store.add_cut(self._cut)
        done: dict[str, Delivery] = {}
        with ThreadPoolExecutor(max_workers=len(mirrors)) as pool, stopped_in_order() as stopped:
            waiting = {pool.submit(self._deliver, mirror) for mirror in mirrors}
            try:
                while waiting and not stopped.is_set():
                    ready, waiting = wait(waiting, timeout=ASK_S, return_when=FIRST_COMPLETED)
                    for delivery in (future.result() for future in ready):
                        done[delivery.mirror] = delivery
                        self._record(delivery)
                        tell(delivery)
            finally:
                if waiting:
                    # Stopped by a signal or a closed terminal: nothing is pushed behind anybody's back, or waited for.
                    self._rsyncs.end()
        if waiting:
            raise KeyboardInterrupt
        return [done[mirror.name] for mirror in mirrors]

    def _record(self, one: Delivery) -> None:
        self._store.add_delivery((
            self._cut.id, one.mirror, self._started, one.outcome, one.lag_s, one.pushed_s, one.sent_bytes, one.attempts,
            one.detail,
        ))  # fmt: skip

    def _elapsed(self) -> float:
        return time.monotonic() - self._start

    def _deliver(self, mirror: Mirror) -> Delivery:
        delivery = Delivery(mirror.name, PUSH_FAILED)
        reader = Reader(mirror)
        try:
            pause, thorough = FIRST_PAUSE_S, False
            while True:
                serial, later = self._before(reader)
                if later and not delivery.attempts:
                    delivery.outcome, delivery.detail = REFUSED, f"older: it shows {later}, which is later"
                    return delivery
                if later:
                    delivery.outcome, delivery.detail = SUPERSEDED, f"it shows {later}, which came meanwhile"
                    return delivery
                delivery.attempts += 1
                with self._slots:
                    done = push(self._rsync, self._cut.directory, mirror, self._rsyncs, thorough=thorough)
                delivery.sent_bytes += done.sent
                if done.error:
                    delivery.outcome = UNREACHABLE if done.unreachable else PUSH_FAILED
                    delivery.detail, again = done.error, done.again
                else:
                    delivery.pushed_s = round(self._elapsed(), 3)
                    again = self._watch(reader, serial, delivery, thorough=thorough)
                    thorough = True
                if not again or delivery.attempts >= ATTEMPTS or self._elapsed() + pause > self._patience_s:
                    return delivery
                # Apart, so that mirrors that failed together don't come back together.
                if self._rsyncs.ended.wait(pause * random.uniform(0.7, 1.3)):
                    return delivery
                pause = min(2 * pause, LONGEST_PAUSE_S)
        except Exception as problem:  # a mistake of ours with one mirror is no reason to leave out the others
            delivery.detail = f"{type(problem).__name__}: {problem}"
            return delivery
        finally:
            reader.close()

    def _before(self, reader: Reader) -> tuple[int, str]:
        """How many things happened on the mirror by now, and the id of a later cut that it shows already."""
        try:
            status = reader.status()
        except Unseen:
            return 0, ""
        return int(status.get("serial") or 0), self._later(status.get("cut") or {})

    def _later(self, shown: dict[str, Any]) -> str:
        """The id of what a mirror shows, if that is of this cut's kind and later."""
        if shown.get("drill") != self._cut.cut["drill"] or manifest.order(shown) <= manifest.order(self._cut.cut):
            return ""
        return str(shown.get("id"))

    def _watch(self, reader: Reader, serial: int, delivery: Delivery, *, thorough: bool) -> bool:
        """Look until the mirror shows the cut, or says why not; whether another push may help."""
        earlier = delivery.outcome, delivery.detail
        delivery.outcome, delivery.detail = NOT_VISIBLE, "the mirror's status does not name the cut"
        pushed, other_since = self._elapsed(), None
        while self._elapsed() < self._patience_s and not self._rsyncs.ended.is_set():
            try:
                status = reader.status()
                if self._judge(reader, status, serial, delivery):
                    return delivery.outcome == REFUSED and delivery.detail.split(":")[0] in HEALABLE
                other = self._other(status, serial)
                if other and other_since is None:
                    other_since = self._elapsed()
                if other and self._elapsed() - (other_since or 0) >= DISPLACED_AFTER_S:
                    delivery.outcome, delivery.detail = DISPLACED, other
                    return True
                silent = not thorough and int(status.get("serial") or 0) == serial
                if silent and self._elapsed() - pushed >= SILENT_AFTER_S:
                    return True
            except Unseen as problem:
                delivery.detail = str(problem)
            self._rsyncs.ended.wait(POLL_S)
        if earlier[0] == REFUSED:
            # Out of patience in another attempt: why the one before failed says more.
            delivery.outcome, delivery.detail = earlier
        return False

    def _judge(self, reader: Reader, status: dict[str, Any], serial: int, delivery: Delivery) -> bool:
        """Whether this status settles it.

        :raises Unseen: a file could not be fetched.
        """
        shown = status.get("cut") or {}
        if shown.get("id") == self._cut.id:
            if status.get("suspended") is not None:
                # What stands behind the notice nobody can read; the status names it.
                delivery.outcome = SUSPENDED
                delivery.detail = f"it has the cut, and shows the notice: {status['suspended'].get('reason')}"
                return True
            delivery.outcome, delivery.detail = ALTERED, self._difference(reader)
            if not delivery.detail:
                delivery.outcome, delivery.lag_s = SHOWN, round(self._elapsed(), 3)
            return not delivery.detail
        later = self._later(shown)
        if later:
            delivery.outcome, delivery.detail = SUPERSEDED, f"it shows {later}, which came meanwhile"
            return True
        refusal = status.get("last_refusal") or {}
        if refusal.get("manifest_sha256") == self._cut.sha256 and refusal.get("serial", 0) > serial:
            delivery.outcome, delivery.detail = REFUSED, str(refusal.get("reason"))
            return True
        return False

    def _other(self, status: dict[str, Any], serial: int) -> str:
        """What the mirror took up since then, of another origin; empty if nothing."""
        refusal, shown = status.get("last_refusal") or {}, status.get("cut") or {}
        if refusal.get("serial", 0) > serial and refusal.get("manifest_sha256") != self._cut.sha256:
            return "another push came over it, and was refused"
        if int(status.get("serial") or 0) > serial and shown.get("id") not in (None, self._cut.id):
            return f"another push came over it: it shows {shown['id']}"
        return ""

    def _difference(self, reader: Reader) -> str:
        """What a reader gets that was not signed; empty if it is all the same."""
        data = self._cut.manifest
        if reader.get("/" + manifest.MANIFEST, len(data)) != data:
            return f"{manifest.MANIFEST} is another one"
        for path in self._sample():
            digest, size, _mtime = self._cut.files[path]
            if reader.sha256(path, size) != digest:
                return f"{path} has other content than was signed"
        return ""

    def _sample(self) -> list[str]:
        pages = [path for path in ("index.html",) if path in self._cut.files]
        wanted = [*pages, *self._cut.carriers, *self._cut.changed]
        return list(dict.fromkeys(wanted))[:SAMPLE]
