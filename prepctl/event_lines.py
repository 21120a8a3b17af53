"""A run as lines of JSON, one an event as it comes; for programs that follow it."""

from __future__ import annotations

import json
import time
from typing import Any, TextIO

from prepctl.outcome import Outcome
from prepctl.runner import Event, printable

KINDS = {
    "runner_on_start": "task",
    "runner_on_ok": "ok",
    "runner_on_skipped": "skipped",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
    "runner_on_file_diff": "diff",
}


class EventLines:
    """An event handler that prints.

    The last line is ``{"event": "outcome", ...}`` with what ``--json`` prints alone.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._started = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Take one event in."""
        kind = KINDS.get(event.kind)
        if kind is None or not event.host:
            return
        said: dict[str, Any] = {"event": kind, "host": event.host, "role": event.role, "task": event.task}
        if kind == "ok":
            said["changed"] = event.changed
        if kind == "failed":
            said["ignored"] = event.ignored
        if kind in ("failed", "unreachable"):
            said["reason"] = printable(str(event.result.get("msg") or ""))
        if kind == "diff":
            said["diff"] = printable(event.stdout)
        self._print(said)

    def end(self, outcome: Outcome) -> None:
        """The last line."""
        self._print({"event": "outcome", **outcome.as_dict()})

    def _print(self, said: dict[str, Any]) -> None:
        line = {"seconds": round(time.monotonic() - self._started, 1), **said}
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._stream.flush()
