"""Tables for a spreadsheet: host by control, one row a result, and a plan of action to fill in.

UTF-8 with a byte order mark, without which Excel reads the accents wrong. Cells that a spreadsheet
would run as a formula get an apostrophe: they come from servers and outlets.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.iepc.prep.plugins.plugin_utils import report_view as view
from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import Words

# What starts a formula or a command, full-width forms included, at the cell's start or where a program
# that takes ; for the separator would start one.
_FORMULA = re.compile(r"(^|;)([\s\"'\ufeff\u200b-\u200f]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def neutral(value: Any) -> str:
    """A cell of one line that no spreadsheet executes."""
    return _FORMULA.sub(r"\1'\2", re.sub(r"[\t\r\n]", " ", str(value)))


def _csv(rows: Iterable[Iterable[Any]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
    return stream.getvalue().encode("utf-8-sig", errors="replace")


def matrix(report: dict[str, Any], words: Words) -> bytes:
    """Host by control, the state in words."""
    diffusers = report["diffusers"]
    head = [words("host"), words("outlet"), words("verdict")]
    head += [f"{entry['clause']} {entry['control']}" for entry in diffusers[0]["results"]]
    return _csv(
        [
            head,
            *(
                [one["name"], one["outlet"], words.verdict(one["verdict"])]
                + [view.state(entry, words)["title"] for entry in one["results"]]
                for one in diffusers
            ),
        ]
    )


def results(report: dict[str, Any], words: Words, history: dict[str, Any] | None = None) -> bytes:
    """One row for each host and control."""
    head = ("host", "outlet", "clause", "control", "requirement", "severity", "state", "found", "expected",
            "first_seen", "basis", "remedy")  # fmt: skip
    rows = [[words(name) for name in head]]
    for one in report["diffusers"]:
        for entry in one["results"]:
            known = ((history or {}).get(one["name"]) or {}).get(entry["control"]) or {}
            rows.append(
                [
                    one["name"], one["outlet"], entry["clause"], entry["control"], words.of(entry["text"]),
                    words.severity(entry["severity"]), view.state(entry, words)["title"], entry["found"],
                    entry["expected"], known.get("since", ""), view.basis(entry, words),
                    words.of(entry["remediation"]["text"]),
                ]
            )  # fmt: skip
    return _csv(rows)


def action_plan(report: dict[str, Any], words: Words) -> bytes:
    """What is to be attended to, required first, with columns that the outlet fills in."""
    head = ("host", "outlet", "clause", "requirement", "severity", "state", "found", "remedy", "command",
            "cause", "done_by", "committed_date")  # fmt: skip
    rows = []
    for one in report["diffusers"]:
        for entry in one["results"]:
            if view.is_open(entry):
                remedy = entry["remediation"]
                rows.append(
                    [
                        one["name"], one["outlet"], entry["clause"], words.of(entry["text"]),
                        words.severity(entry["severity"]), view.state(entry, words)["title"], entry["found"],
                        words.of(remedy["text"]), view.command(remedy["tag"], [one["name"]]), "", "", "",
                    ]
                )  # fmt: skip
    required = words.severity("required")
    rows.sort(key=lambda row: row[4] != required)
    return _csv([[words(name) for name in head], *rows])
