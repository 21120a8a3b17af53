"""The report that a verb works on: a run's name, a file, or the newest of the workspace."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.iepc.prep.plugins.module_utils.report_model import printable
from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json

from prepctl.errors import PrepctlError

FILE = "compliance.json"
REPORTS = "reports"
SCHEMA = 1
# What a report of this schema has in any case; the published JSON Schema has the rest.
_PARTS = {"run": dict, "summary": dict, "clauses": dict, "diffusers": list}


@dataclass(frozen=True)
class Report:
    """A report as it was read."""

    path: Path
    data: bytes
    """As it is on disk: this is what is signed."""
    model: dict[str, Any]
    """What it says, without characters that no report has: the file may be anybody's."""

    @property
    def run(self) -> str:
        return str(self.model["run"]["id"])

    @property
    def finished(self) -> str:
        return str(self.model["run"]["finished"])

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes."""
        return str(canonical_json.digest(self.data))


def find(workspace: Path, wanted: str | None) -> Path:
    """The file of a report.

    :param wanted: a file, a directory that holds one, a run's name, or None for the newest run.
    :raises PrepctlError: there is none.
    """
    if wanted is None:
        found = runs(workspace / REPORTS)
        if not found:
            raise PrepctlError(f"{workspace / REPORTS}: expected a report, found none; prepctl check writes one")
        return found[-1]
    for path in (Path(wanted), Path(wanted) / FILE, workspace / REPORTS / wanted / FILE):
        if path.is_file():
            return path
    raise PrepctlError(f"{wanted}: expected a report's file or the name of a run in {workspace / REPORTS}, found none")


def runs(reports: Path) -> list[Path]:
    """All reports of a directory, oldest first: runs are named by their time."""
    return sorted(reports.glob("*/" + FILE), key=lambda path: _run_order(path.parent.name))


def _run_order(name: str) -> tuple[str, int]:
    found = re.fullmatch(r"(.*?)(?:-(\d+))?", name, re.S)
    return (found.group(1), int(found.group(2) or 1)) if found else (name, 1)


def read(path: Path) -> Report:
    """Read a report.

    :raises PrepctlError: it cannot be read, or is no report of a known schema.
    """
    try:
        data = path.read_bytes()
        model = json.loads(data.decode("utf-8"))
    except OSError as problem:
        raise PrepctlError(f"{path}: cannot be read: {problem.strerror}") from problem
    except (ValueError, RecursionError) as problem:
        raise PrepctlError(f"{path}: expected a report as JSON, got something else ({problem})") from problem
    if not isinstance(model, dict) or model.get("schema") != SCHEMA:
        got = model.get("schema") if isinstance(model, dict) else type(model).__name__
        raise PrepctlError(f"{path}: expected a report of schema {SCHEMA}, got {got}")
    wrong = [name for name, kind in _PARTS.items() if not isinstance(model.get(name), kind)]
    if wrong or not all(isinstance(model["run"].get(name), str) for name in ("id", "finished", "call")):
        raise PrepctlError(f"{path}: expected a whole report, lacks {', '.join(wrong) or 'who ran it and when'}")
    if not model["diffusers"]:
        raise PrepctlError(f"{path}: expected at least one diffuser, got none")
    return Report(path, data, _printable(model))


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(name): _printable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_printable(one) for one in value]
    return value
