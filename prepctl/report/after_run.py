"""What follows every run that wrote a report: it goes into the history, and the page tells since when."""

from __future__ import annotations

from pathlib import Path

from prepctl.errors import PrepctlError
from prepctl.report import formats, source
from prepctl.report.history import History


def record(path: Path, workspace: Path) -> str:
    """Record a run's report.

    :returns: nothing, or one line that says why it could not be: the run itself is not undone by that.
    """
    try:
        report = source.read(path)
        with History.of(workspace) as history:
            history.record(report)
            since = history.since(report.digest)
        formats.write(report, ["html"], formats.words_of(report, "es"), path.parent, since)
    except (PrepctlError, OSError, KeyError, TypeError) as problem:
        return f"the run is not in the history: {problem}"
    return ""
