# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML file for people: a view of compliance.json, nothing more.

Servers may be hostile and their words end up in the page: every value goes
through Jinja's autoescape, and the page's own policy (CSP) allows exactly one
style sheet and one script, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib

from ansible_collections.iepc.prep.plugins.module_utils import verdict as verdicts
from ansible_collections.iepc.prep.plugins.plugin_utils import report_view as view
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import COLLECTION
from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import (
    STATES,
    VERDICTS,
    Words,
    clause_order,
)
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = COLLECTION / "roles" / "compliance" / "templates"
# With many diffusers what is met is told by source and time; compliance.json has the excerpts.
MANY = 6


def render(report, digest="", words=None, history=None):
    """The page.

    :param report: what report_model.build returns.
    :param digest: SHA-256 of compliance.json, for the foot.
    :param words: the language, as :class:`Words`; by default Spanish, in the report's own time zone.
    :param history: ``{host: {control: {since, runs}}}``: since when each control is in its state.
    :returns: text.
    """
    words = words or Words("es", report["run"].get("zone") or "UTC")
    style, script = _file("compliance.css"), _file("compliance.js")
    environment = Environment(
        loader=FileSystemLoader(str(TEMPLATES)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    headline, css = view.headline(report, words)
    counts = report["summary"]["verdicts"]
    return environment.get_template("compliance.html.j2").render(
        t=words,
        run=report["run"],
        summary=report["summary"],
        freeze=view.freeze(report, words),
        fleet={"headline": headline, "css": css, "totals": view.totals(report, words)},
        tally=[
            {"css": VERDICTS[name][0], "title": words.verdicts(name), "count": counts[name]}
            for name in verdicts.VERDICTS
        ],
        diffusers=[_diffuser(index, one, report, words, history) for index, one in enumerate(report["diffusers"])],
        many=_many(report),
        todo=view.todo(report, words),
        matrix=_matrix(report, words),
        clauses=_clauses(report, words),
        decisions=view.decisions(report, words),
        notices=view.notices(report, words),
        legend=[dict(zip(("css", "icon", "title"), (css, *words.state(css)), strict=True)) for css in STATES],
        filters=_filters(report, words),
        csp=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        digest=digest,
    )


def _file(name):
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _policy(style, script):
    hashes = [base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _many(report):
    return len(report["diffusers"]) > MANY


def _anchor(diffuser, control=None):
    """A fragment identifier by position: no name from outside ends up in it."""
    return f"d{diffuser}" if control is None else f"d{diffuser}c{control}"


def _link(address):
    """An address that may stand in a link; anything else than the web's own schemes is dropped."""
    address = address or ""
    return address if address.startswith(("https://", "http://")) else ""


def _diffuser(index, one, report, words, history):
    results = [
        dict(
            view.state(entry, words),
            anchor=_anchor(index, number),
            control=entry["control"],
            clause=entry["clause"],
            link=_link(entry.get("clause_url")),
            severity=words.severity(entry["severity"]),
            severity_key=entry["severity"],
            text=words.of(entry["text"]),
            found=entry["found"],
            expected=entry["expected"],
            open=view.is_open(entry),
            remedy=words.of(entry["remediation"]["text"]),
            command=view.command(entry["remediation"]["tag"], [one["name"]]),
            basis=view.basis(entry, words),
            dispute=view.dispute(entry, words),
            since=view.since(entry, one["name"], history, words),
            evidence=[_exhibit(item, _many(report) and not view.is_open(entry), words) for item in entry["evidence"]],
        )
        for number, entry in enumerate(one["results"])
    ]
    stripes, told = view.stripes(one["results"], words)
    return dict(
        one,
        anchor=_anchor(index),
        css=VERDICTS[one["verdict"]][0],
        verdict_icon=VERDICTS[one["verdict"]][1],
        verdict=words.verdict(one["verdict"]),
        contact_title=words.contact(one["contact"]),
        bar=stripes,
        bar_text=told,
        restores=view.restores(one, words),
        vantage_points=one.get("vantage_points") or [],
        groups=[
            {"title": title, "results": group}
            for title, group in view.grouped(results, lambda each: each["clause"], words)
        ],
    )


def _exhibit(item, brief, words):
    vantage = item.get("vantage")
    return {
        "vantage": words("the_controller") if vantage == "control" else vantage,
        "source": item["source"][:80] if brief else item["source"],
        "key": item["key"],
        "at": item["at"],
        "excerpt": "" if brief else item["excerpt"],
    }


def _matrix(report, words):
    rows = []
    for index, entry in enumerate(report["diffusers"][0]["results"]):
        entries = [one["results"][index] for one in report["diffusers"]]
        cells = [
            dict(view.state(each, words), anchor=_anchor(column, index)) for column, each in enumerate(entries)
        ]
        rows.append(
            {
                "clause": entry["clause"],
                "text": words.of(entry["text"]),
                "severity_key": entry["severity"],
                "severity": "" if entry["severity"] == "required" else words.severity(entry["severity"]),
                "states": " ".join(sorted({cell["css"] for cell in cells} | _opened(entries))),
                "cells": cells,
            }
        )
    return [
        {"title": title, "rows": group} for title, group in view.grouped(rows, lambda row: row["clause"], words)
    ]


def _opened(entries):
    return {"open"} if any(view.is_open(entry) for entry in entries) else set()


def _clauses(report, words):
    """Each clause with what it asks, and the diffusers' states in its controls."""
    links, states = {}, {}
    for one in report["diffusers"]:
        for number, entry in enumerate(one["results"]):
            clause = entry["clause"]
            links.setdefault(clause, {"anchor": _anchor(0, number), "url": _link(entry.get("clause_url"))})
            css = view.state(entry, words)["css"]
            states.setdefault(clause, {})[css] = states.get(clause, {}).get(css, 0) + 1
    return [
        {
            "clause": clause,
            "text": words.of(report["clauses"][clause]),
            "counts": [
                {"css": css, "icon": words.state(css)[0], "title": words.state(css)[1], "n": states[clause][css]}
                for css in STATES
                if css in states.get(clause, {})
            ],
            **links.get(clause, {"anchor": "", "url": ""}),
        }
        for clause in sorted(report["clauses"], key=clause_order)
    ]


def _filters(report, words):
    """What can be chosen: only what there is."""
    entries = [entry for one in report["diffusers"] for entry in one["results"]]
    css = {view.state(entry, words)["css"] for entry in entries}
    severities = {entry["severity"] for entry in entries}
    return {
        "states": [(name, words.state(name)[1]) for name in STATES if name in css],
        "clauses": sorted({entry["clause"] for entry in entries}, key=clause_order),
        "severities": sorted((name, words.severity(name)) for name in severities),
        "total": len(entries),
    }
