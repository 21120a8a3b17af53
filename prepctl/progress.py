"""Progress of a run: one live line per diffuser on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from prepctl.runner import Event

STATES = {"working": "cyan", "waiting": "dim", "unreachable": "yellow", "refused": "red", "failed": "red"}

# Its failure concerns the inventory and is said line by line at the end.
NOT_OF_ONE_HOST = ("iepc.prep.validate_inputs",)


@dataclass
class Line:
    """What the line of one diffuser shows."""

    role: str = ""
    task: str = ""
    ok: int = 0
    changed: int = 0
    state: str = "waiting"
    since: float | None = None
    until: float | None = None

    def elapsed(self, now: float) -> str:
        """How long it has been worked on; where it stopped, until then."""
        if self.since is None:
            return ""
        seconds = int((self.until or now) - self.since)
        return f"{seconds // 60}:{seconds % 60:02d}"


class Progress:
    """An event handler that shows where each diffuser is.

    :param stream: where to; a terminal gets live lines.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.lines: dict[str, Line] = {}
        self.started = time.monotonic()
        # rich.Live has its own thread: it asks for the table four times a second.
        self._live = (
            Live(console=console, get_renderable=self._table, refresh_per_second=4, transient=True)
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Progress:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take one event in."""
        if not event.host or not event.kind.startswith("runner_on_"):
            return
        line = self.lines.setdefault(event.host, Line())
        if event.kind == "runner_on_start":
            self._start(event, line)
        elif event.kind == "runner_on_ok":
            line.ok += 1
            line.changed += event.changed
            if event.result.get("reached") is False:
                self._state(event, line, "unreachable", str(event.result.get("reason") or ""))
            elif event.result.get("blocking"):
                self._state(event, line, "refused", str(event.result.get("reason") or ""))
        elif event.kind == "runner_on_failed" and not event.ignored and event.action not in NOT_OF_ONE_HOST:
            self._state(event, line, "failed", event.task)
        elif event.kind == "runner_on_unreachable":
            self._state(event, line, "unreachable", event.task)

    def _start(self, event: Event, line: Line) -> None:
        # The next role's first task is what a person wants to see without a terminal.
        entered = event.role != line.role
        line.role, line.task = event.role, event.task
        if line.state == "waiting":
            line.state, line.since = "working", time.monotonic()
        if entered and event.role and not self._live:
            self._plain(event.host, event.role)

    def _state(self, event: Event, line: Line, state: str, what: str) -> None:
        if line.state != state and not self._live:
            self._plain(event.host, f"{state}: {what}")
        line.state, line.task = state, what or line.task
        line.until = line.until or time.monotonic()

    def _plain(self, host: str, text: str) -> None:
        elapsed = time.monotonic() - self.started
        self.console.print(f"{elapsed:6.0f} s  {host}  {text}", highlight=False, markup=False, soft_wrap=True)

    def _table(self) -> Table:
        # The task alone is cut where the line is too short for all.
        table = Table.grid(padding=(0, 2), expand=True)
        for ratio in (None, None, None, None, 1):
            table.add_column(no_wrap=True, overflow="ellipsis", ratio=ratio)
        for host in sorted(self.lines):
            line = self.lines[host]
            counts = f"{line.ok} ok, {line.changed} changed"
            table.add_row(
                Text(host, style="bold"),
                Text(line.role if line.state == "working" else line.state, style=STATES[line.state]),
                Text(line.elapsed(time.monotonic()), style="dim"),
                Text(counts, style="dim"),
                Text(line.task),
            )
        table.add_row(Text(f"{time.monotonic() - self.started:.0f} s", style="dim"))
        return table


def open_console(stream: TextIO) -> Console:
    """A console on *stream*; NO_COLOR and TERM are respected by rich."""
    return Console(file=stream, soft_wrap=False)
