"""The days and hours of each call, worked out from calls/*.yml with the machine's own table of time zones."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import catalogue
from ansible_collections.iepc.prep.plugins.plugin_utils import freeze
from ansible_collections.iepc.prep.plugins.plugin_utils.call_times import zone_of

CALENDAR = "<!-- calendar -->"
HOUR = re.compile(r"<!-- hour: ([a-z_.]+)(?: ([+-])(\d+)(h|min|d))? -->")
UNITS = {"h": "hours", "min": "minutes", "d": "days"}
WORDS = {
    "en": {
        "head": "what", "freeze": "Nothing on a server is changed", "publication": "Results are published",
        "support": "The outlet's people answer", "access_logs": "Access logs are kept", "to": "to",
    },
    "es": {
        "head": "qué", "freeze": "No se cambia nada en los servidores", "publication": "Se publican los resultados",
        "support": "El medio presta soporte", "access_logs": "Se conservan los registros de acceso", "to": "a",
    },
}  # fmt: skip


def windows(call: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The call's windows with its freeze, whose rule has one home."""
    found = {name: (window["opens"], window["closes"]) for name, window in call["windows"].items()}
    return {"freeze": freeze.window(call), **{name: span for name, span in found.items() if name != "freeze"}}


def filled_in(markdown: str, spanish: bool) -> str:
    """A page with its comments for the calendar and single hours replaced.

    :raises KeyError: a comment names an hour that no call has.
    """
    lang = "es" if spanish else "en"
    if CALENDAR in markdown:
        markdown = markdown.replace(CALENDAR, _table(lang))
    return HOUR.sub(lambda found: _hour(*found.groups()), markdown)


def _table(lang: str) -> str:
    calls, words = catalogue.calls(), WORDS[lang]
    rows = [f"| {words['head']} | {' | '.join(calls)} |", "|---" * (len(calls) + 1) + "|"]
    spans = {name: windows(call) for name, call in calls.items()}
    for window in dict.fromkeys(name for one in spans.values() for name in one):
        cells = [f" {words['to']} ".join(map(_whole, one[window])) if window in one else "-" for one in spans.values()]
        rows.append(f"| {words[window]} | {' | '.join(cells)} |")
    stages = {name: {one["slug"]: one for one in call["stages"]} for name, call in calls.items()}
    for slug in dict.fromkeys(slug for one in stages.values() for slug in one):
        title = next(one[slug]["title"][lang] for one in stages.values() if slug in one)
        cells = [_days(one[slug], lang) if slug in one else "-" for one in stages.values()]
        rows.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _days(stage: dict[str, Any], lang: str) -> str:
    if "dates" in stage:
        return ", ".join(map(_whole, stage["dates"]))
    until = {"en": "until", "es": "hasta el"}[lang]
    if "from" in stage:
        return f"{_whole(stage['from'])} {WORDS[lang]['to']} {_whole(stage['until'])}"
    return f"{until} {_whole(stage['until'])}"


def _whole(hour: str) -> str:
    """An hour that a narrow table doesn't break."""
    return f'<span class="hour">{hour}</span>'


def _hour(name: str, sign: str | None, number: str | None, unit: str | None) -> str:
    """An hour in each call that has it, by its own wall clock."""
    window, _, end = name.rpartition(".")
    shown = []
    for call_name, call in catalogue.calls().items():
        span = windows(call).get(window or "publication")
        if span is None:
            continue
        at = datetime.strptime(span[("opens", "closes").index(end)], "%Y-%m-%d %H:%M").replace(tzinfo=zone_of(call))
        if number and unit:
            at += timedelta(**{UNITS[unit]: int(number)}) * (1 if sign == "+" else -1)
        hours = at.strftime("%z")
        shown.append(f"{call_name}: {at:%Y-%m-%d %H:%M} (UTC{hours[0].replace('-', '−')}{int(hours[1:3])})")
    if not shown:
        raise KeyError(name)
    return "*" + " · ".join(shown) + "*"
