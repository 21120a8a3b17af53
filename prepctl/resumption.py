"""Which diffusers an onboarding was not finished on, so that the same command can go on with those alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prepctl.errors import PrepctlError
from prepctl.language import say
from prepctl.report.files import replace

FILE = "outcome.json"
FAILED = "@failed"
DONE = "done"


@dataclass
class Record:
    """What became of each host of a run; ``outcome.json`` beside its log."""

    verb: str
    status: str = "running"
    """``running`` until it has ended: a run that was killed says so for ever."""
    check: bool = False
    limited: bool = False
    hosts: dict[str, str] = field(default_factory=dict)

    def write(self, directory: Path) -> None:
        """Keep it in the run's directory."""
        data = {"schema": 1, **vars(self)}
        replace(directory / FILE, (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode("utf-8"), 0o600)


def failed(runs: Path) -> list[str]:
    """The diffusers on which no onboarding was finished since one was last begun.

    :param runs: ``runs/`` of the workspace.
    :raises PrepctlError: there was none, all is done, or nobody knows since the last run was killed.
    """
    standing: dict[str, str] = {}
    killed = ""
    records = [(path, data) for path in sorted(runs.glob(f"*/{FILE}")) if (data := _read(path)) is not None]
    records = [(path, data) for path, data in records if data.get("verb") == "onboard" and not data.get("check")]
    if not records:
        raise PrepctlError(
            say("--limit @failed: expected a former onboarding in {path}, found none; leave --limit out", path=runs)
        )
    for path, data in records:
        if data.get("status") == "running":
            # Its hosts are not known; those of a run that was not limited are all.
            killed = path.parent.name
            continue
        if not data.get("limited"):
            killed = ""
        standing.update({str(name): str(state) for name, state in (data.get("hosts") or {}).items()})
    if killed:
        raise PrepctlError(
            say("--limit @failed: the run {run} was killed or is still going, and left no record of its hosts; "
                "leave --limit out", run=killed)
        )  # fmt: skip
    found = sorted(name for name, state in standing.items() if state != DONE)
    if not found:
        raise PrepctlError(say("--limit @failed: the last onboarding was finished on every diffuser; nothing to do"))
    return found


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None
