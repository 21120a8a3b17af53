"""OpenMetrics text, for a textfile collector.

As many series as there are hosts and controls, never more: what an outlet or a server says is no label.
"""

from __future__ import annotations

import calendar
import hashlib
import time
from typing import Any

from ansible_collections.iepc.prep.plugins.module_utils import verdict as verdicts

LABEL_LIMIT = 80


def render(report: dict[str, Any], digest: str) -> bytes:
    """The exposition."""
    run = report["run"]
    lines = [
        "# TYPE prep_report info",
        "# HELP prep_report The report that the other figures come from.",
        _sample("prep_report_info", {"run": run["id"], "call": run["call"], "sha256": digest}, 1),
        "# TYPE prep_report_finished_seconds gauge",
        "# UNIT prep_report_finished_seconds seconds",
        "# HELP prep_report_finished_seconds When the diffusers were judged.",
        _sample("prep_report_finished_seconds", {}, _epoch(run["finished"])),
        "# TYPE prep_verdict stateset",
        "# HELP prep_verdict Verdict on each diffuser.",
    ]
    diffusers = {_label(one["name"]): one for one in report["diffusers"]}
    for name, one in diffusers.items():
        lines += [
            _sample("prep_verdict", {"diffuser": name, "prep_verdict": verdict}, int(verdict == one["verdict"]))
            for verdict in verdicts.VERDICTS
        ]
    lines += [
        "# TYPE prep_controls gauge",
        "# HELP prep_controls Controls of each diffuser by result.",
    ]
    for name, one in diffusers.items():
        lines += [
            _sample("prep_controls", {"diffuser": name, "result": result}, one["counts"][result])
            for result in verdicts.RESULTS
        ]
    lines += [
        "# TYPE prep_control_open gauge",
        "# HELP prep_control_open Whether a required control of a diffuser keeps it from being fit.",
    ]
    for name, one in diffusers.items():
        controls = {_label(entry["control"]): entry for entry in one["results"]}
        lines += [
            _sample(
                "prep_control_open",
                {"diffuser": name, "control": control, "clause": entry["clause"], "result": entry["result"]},
                int(verdicts.stands_in_the_way(entry)),
            )
            for control, entry in controls.items()
        ]
    return ("\n".join([*lines, "# EOF"]) + "\n").encode("utf-8", errors="replace")


def _sample(name: str, labels: dict[str, Any], value: int) -> str:
    inner = ",".join(f'{key}="{_escaped(_label(text))}"' for key, text in labels.items())
    return f"{name}{{{inner}}} {value}" if inner else f"{name} {value}"


def _label(value: Any) -> str:
    """A label of bounded length that stays unique."""
    text = str(value)
    if len(text) <= LABEL_LIMIT:
        return text
    return text[: LABEL_LIMIT - 9] + "~" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _epoch(text: str) -> int:
    try:
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0
