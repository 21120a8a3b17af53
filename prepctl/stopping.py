"""Signals as an event: what threads and their locks are in the middle of is not torn apart by an exception."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def stopped_in_order(given: threading.Event | None = None) -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM or a closed terminal sets, while this lasts; who gave one sets it."""
    stopped = given or threading.Event()
    if given or threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if number != signal.SIGHUP or handler is not signal.SIG_IGN:  # nohup
            signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
