"""The report on paper: a summary of the fleet and one page for each diffuser, and one page for the committee.

Set by typst, which gets the report as data (``sys.inputs``): what a server or an outlet says is text to
it, never markup. Fonts are typst's own, so that the same report gives the same pages anywhere.
"""

from __future__ import annotations

import calendar
import json
import time
from pathlib import Path
from typing import Any

from ansible_collections.iepc.prep.plugins.module_utils import verdict as verdicts
from ansible_collections.iepc.prep.plugins.plugin_utils import report_view as view
from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import PHRASES, STATES, VERDICTS, Words

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode

TEMPLATES = Path(__file__).with_name("paper")
# Hosts side by side in one matrix.
COLUMNS = 26
# Lines that fit a diffuser's page beside the result of every control.
ROOM = 8
NOTES = 4


def report(model: dict[str, Any], digest: str, words: Words) -> bytes:
    """The whole report as PDF."""
    return _compile("report.typ", model, digest, words)


def summary(model: dict[str, Any], digest: str, words: Words) -> bytes:
    """The committee's page as PDF."""
    return _compile("summary.typ", model, digest, words)


def pages(template: str, model: dict[str, Any], digest: str, words: Words) -> list[bytes]:
    """The same as pictures, one a page."""
    drawn = _typeset(template, model, digest, words, format="png", ppi=60)
    return drawn if isinstance(drawn, list) else [drawn]


def _compile(template: str, model: dict[str, Any], digest: str, words: Words) -> bytes:
    return bytes(_typeset(template, model, digest, words, format="pdf"))


def _typeset(template: str, model: dict[str, Any], digest: str, words: Words, **how: Any) -> Any:
    try:
        import typst
    except ImportError as missing:
        raise PrepctlError(f"typst is not installed ({missing}); pip install typst, or leave pdf out") from missing
    compiler = typst.Compiler(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(_data(model, digest, words), ensure_ascii=False)},
    )
    try:
        return compiler.compile(timestamp=_epoch(model["run"]["finished"]), **how)
    except typst.TypstError as problem:
        raise PrepctlError(f"typst could not set {template}: {problem.message}", ExitCode.RUN_FAILED) from problem


def _epoch(text: str) -> int:
    """When the report was made: that is when its paper says to be made."""
    try:
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0


def _data(model: dict[str, Any], digest: str, words: Words) -> dict[str, Any]:
    run = model["run"]
    headline, css = view.headline(model, words)
    unit = run["institute"]["unit"]
    entries = model["diffusers"][0]["results"]
    return {
        "lang": words.lang,
        "words": {key: words(key) for key in PHRASES},
        "title": words("title"),
        "institute": _short(run["institute"]["name"], 120),
        "unit": _short(unit, 80),
        "call": _short(words.of(run["title"]), 140),
        "run": _short(run["id"], 60),
        "when": words.moment(run["finished"]),
        "digest": digest,
        "css": css,
        "headline": headline,
        "totals": view.totals(model, words),
        "recommends": words("recommends", unit=_short(unit, 80)),
        "head_of_unit": words("head_of_unit", unit=_short(unit, 80)),
        "legend": [_shape(css, words) for css in STATES],
        "todo": [_step(step) for step in view.todo(model, words)],
        "matrix": _matrices(model, words),
        "grid_columns": 3 if len(entries) <= 66 else 4,
        "diffusers": [_diffuser(one, model, words) for one in model["diffusers"]],
    }


def _shape(css: str, words: Words) -> dict[str, str]:
    icon, title = words.state(css)
    return {"css": css, "icon": icon, "title": title}


def _step(step: dict[str, Any]) -> dict[str, Any]:
    lines = [
        {"text": _short(line["text"], 200), "clause": line["clause"], "hosts": _short(line["hosts"], 300)}
        for line in step["lines"][:12]
    ]
    return {"title": step["title"], "lines": lines, "command": _short(step["command"], 900)}


def _matrices(model: dict[str, Any], words: Words) -> list[dict[str, Any]]:
    found = []
    for start in range(0, len(model["diffusers"]), COLUMNS):
        some = model["diffusers"][start : start + COLUMNS]
        rows = [
            {
                "clause": entry["clause"],
                "control": entry["control"],
                "cells": [view.state(one["results"][index], words) for one in some],
            }
            for index, entry in enumerate(some[0]["results"])
        ]
        found.append({"hosts": [_short(one["name"], 18) for one in some], "rows": rows})
    return found


def _diffuser(one: dict[str, Any], model: dict[str, Any], words: Words) -> dict[str, Any]:
    outlet = one["outlet"] or one["name"]
    notes = _notes(one, model, words)
    room = ROOM - len(notes)
    waiting = [entry for entry in one["results"] if view.is_open(entry)]
    waiting.sort(key=lambda entry: (not verdicts.stands_in_the_way(entry), entry["result"] != "fail"))
    facts = [one["name"], one["domain"], one["address"], one["system"], one["ssh_fingerprint"], one["reason"]]
    left = max(0, len(waiting) - room)
    return {
        "name": _short(one["name"], 30),
        "outlet": _short(outlet, 70),
        "brief": _short(outlet, 34 if len(model["diffusers"]) > 24 else 60),
        "name_brief": _short(one["name"], 16),
        "facts": _short(" · ".join(fact for fact in facts if fact), 330),
        "css": VERDICTS[one["verdict"]][0],
        "icon": VERDICTS[one["verdict"]][1],
        "verdict": words.verdict(one["verdict"]),
        "recommendation": words.recommendation(one["verdict"]),
        "required_open": sum(verdicts.stands_in_the_way(entry) for entry in one["results"]),
        "bar": view.stripes(one["results"], words)[1],
        "open": [
            dict(
                view.state(entry, words),
                clause=entry["clause"],
                control=entry["control"],
                text=_short(words.of(entry["text"]), 120),
                found=_short(entry["found"], 100),
            )
            for entry in waiting[:room]
        ],
        "more": left,
        "more_text": words("and_more", n=left),
        "notes": notes,
        "results": [
            dict(view.state(entry, words), clause=entry["clause"], control=entry["control"]) for entry in one["results"]
        ],
    }


def _notes(one: dict[str, Any], model: dict[str, Any], words: Words) -> list[dict[str, str]]:
    """Restores, then notices, then what people decided; bounded, the rest is counted."""
    notes = [
        {"title": words("restores"), "text": f"{each['at']}: {each['text']}"} for each in view.restores(one, words)
    ]
    notes += [{"title": each["title"], "text": each["text"]} for each in view.notices(model, words, one["name"])]
    notes += [
        {"title": f"{entry['clause']} {entry['control']}", "text": view.basis(entry, words)}
        for entry in one["results"]
        if entry.get("basis")
    ]
    shown = [{"title": note["title"], "text": _short(note["text"], 150)} for note in notes[:NOTES]]
    if len(notes) > NOTES:
        shown[-1] = {"title": "", "text": words("and_more", n=len(notes) - NOTES + 1)}
    return shown


def _short(value: Any, limit: int) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
