"""Where a run's time went, from its events; the sums are the collection's, as in its callback `profile`."""

# Ansible's collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from ansible_collections.iepc.prep.plugins.plugin_utils import run_profile

from prepctl.language import say
from prepctl.report.files import replace
from prepctl.runner import Event

FILE = "profile.json"
TITLES = ("role", "seconds", "executed", "skipped", "between tasks", "whole run, per host")
OUTCOMES = {
    "runner_on_ok": "ok",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
    "runner_on_skipped": run_profile.SKIPPED,
}


class Profile:
    """An event handler that notes when each host begins and ends each task."""

    def __init__(self) -> None:
        self._clock = run_profile.Clock()

    def __call__(self, event: Event) -> None:
        """Take one event in."""
        if event.kind == "runner_on_start":
            self._clock.begin(event.task_id, event.host, event.at)
        elif event.kind in OUTCOMES:
            outcome = OUTCOMES[event.kind]
            self._clock.end(event.task_id, event.role, event.task, event.host, event.at, outcome)

    def document(self) -> dict[str, Any]:
        """The profile, for JSON."""
        return dict(run_profile.profile(self._clock.rows))

    def lines(self) -> list[str]:
        """The profile, for a person."""
        return list(run_profile.lines(self.document(), {title: say(title) for title in TITLES}))

    def write(self, directory: Path) -> Path | None:
        """Keep it in the run's directory; where that can't be written to, the run is none the worse."""
        data = json.dumps(self.document(), ensure_ascii=False, indent=1) + "\n"
        with contextlib.suppress(OSError):
            replace(directory / FILE, data.encode("utf-8"), 0o600)
            return directory / FILE
        return None
