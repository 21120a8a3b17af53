# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The cut that readers see (I.10): it says its hour, and it is the latest."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils import verdict
from ansible_collections.iepc.prep.plugins.module_utils.addresses import is_text
from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    BrokenEvidence,
    NoEvidence,
    judged,
    listing,
    not_applicable,
    passed,
)

# A cut's clock is in its name, AAAAMMDD_HHMM..., or written out; local time in either.
_CLOCK = re.compile(r"(?<![0-9])([0-9]{4})[-/]?([0-9]{2})[-/]?([0-9]{2})[T_ ]([0-9]{2}):?([0-9]{2})(?![0-9])")


def cut_shown(facts):
    """The page itself tells the hour of the cut that the server says it shows."""
    expected = "la fecha y hora del corte publicado, a la vista en la página"
    states = _states(facts)
    pages = dict(facts.outside("https.root", excerpt=lambda value: {"clocks": value["clocks"]}, results=True))
    if all(state["state"] == "zero" for _vantage, state in states):
        return passed("estado cero: aún no hay corte que mostrar", expected)
    faults, told = [], []
    for vantage, state in states:
        clock = "%s:%s" % _clock(state)[3:]
        shown = pages[vantage]["clocks"]
        if not shown:
            raise NoEvidence("El HTML de la página no trae la hora del corte (un programa la pondría después)")
        told.append("corte de las %s" % clock)
        if clock not in shown:
            faults.append("el corte es de las %s y la página dice %s desde %s" % (clock, listing(shown, 3), vantage))
    return judged(not faults, listing(faults) or listing(sorted(set(told))), expected)


def latest(facts):
    """While publication lasts, the newest cut is no older than the next one is due, and half as long again."""
    hours = (facts.context.get("windows") or {}).get("publication")
    if not hours:
        raise NoEvidence("No se calculó el periodo de publicación en UTC")
    # Cuts come when they are ready, not on the quarter hour.
    limit = facts.call["update_interval_minutes"] * 90 + facts.call["freshness_limit_seconds"]
    expected = "un corte de hace %d minutos o menos durante la publicación" % (limit // 60)
    now = facts.context["now"]
    if not hours["opens"] <= now <= hours["closes"]:
        return not_applicable("fuera del periodo de publicación de la convocatoria", expected)
    # The call's own wall clock against the same moment in UTC: that day's offset.
    opens = facts.call["windows"]["publication"]["opens"]
    offset = verdict.epoch(opens.replace(" ", "T") + ":00Z") - verdict.epoch(hours["opens"])
    faults, told = [], []
    for vantage, state in _states(facts):
        if state["state"] == "zero":
            faults.append("sin ningún corte desde %s" % vantage)
            continue
        # With a Z the text is whole: the same numbers, read as local time, are `offset` ahead of UTC.
        moment = verdict.epoch("%s-%s-%sT%s:%s:00Z" % _clock(state)) - offset
        age = verdict.epoch(now) - moment
        told.append("corte de hace %d minutos" % (age // 60))
        if age > limit:
            faults.append("corte de hace %d minutos desde %s" % (age // 60, vantage))
        elif age < -facts.call["freshness_limit_seconds"]:
            faults.append("corte con hora futura desde %s" % vantage)
    return judged(not faults, listing(faults) or listing(sorted(set(told))), expected)


def _states(facts):
    """[(vantage, the public state)]"""
    found = facts.outside("https.status")
    for vantage, value in found:
        if value["status"] != 200 or not isinstance(value["document"], dict) or not value["document"].get("state"):
            raise BrokenEvidence("El estado público (status.json) no se entiende desde %s" % vantage)
    return [(vantage, value["document"]) for vantage, value in found]


def _clock(state):
    """(year, month, day, hour, minute) of the cut that a public state names, as its own local clock."""
    cut = state.get("cut")
    texts = [cut.get("clock"), cut.get("id"), cut.get("name")] if isinstance(cut, dict) else [cut]
    for text in texts:
        found = _CLOCK.search(text) if is_text(text) else None
        if found:
            return found.groups()
    raise BrokenEvidence("El estado público (status.json) no dice la hora de su corte")


CHECKS = {
    "freshness.cut_shown": (cut_shown, "la fecha y hora del corte, a la vista en la página"),
    "freshness.latest": (latest, "el corte más reciente durante la publicación"),
}
