"""Progress lines, with and without a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from prepctl.progress import Progress
from prepctl.runner import Event


def show(console: Console, *events: Event) -> Progress:
    with Progress(console) as progress:
        for event in events:
            progress(event)
        if console.is_terminal:
            console.print(progress._table())
    return progress


EVENTS = (
    Event("runner_on_start", host="uno", role="apache", task="Write"),
    Event("runner_on_ok", host="uno", role="apache", task="Write", result={"changed": True}),
    Event("runner_on_start", host="uno", role="apache", task="Load"),
    Event("runner_on_start", host="dos", role="apache", task="Write"),
    Event("runner_on_unreachable", host="dos", role="apache", task="Write [x]"),
)


def test_plain_lines_when_there_is_no_terminal() -> None:
    stream = io.StringIO()
    show(Console(file=stream, width=80), *EVENTS)
    lines = [line.split(" s  ")[1] for line in stream.getvalue().splitlines()]
    assert lines == ["uno  apache", "dos  apache", "dos  unreachable: Write [x]"]


def test_one_line_per_diffuser_on_a_terminal() -> None:
    stream = io.StringIO()
    progress = show(Console(file=stream, force_terminal=True, width=100), *EVENTS)
    assert progress.lines["uno"].changed == 1
    assert "1 ok, 1 changed" in stream.getvalue()
    assert "unreachable" in stream.getvalue()


def test_who_is_refused_is_said_once() -> None:
    stream = io.StringIO()
    refused = Event("runner_on_ok", host="uno", result={"blocking": ["disk: full"], "reason": "disk: full"})
    show(Console(file=stream, width=80), refused, refused)
    assert stream.getvalue().count("refused: disk: full") == 1
