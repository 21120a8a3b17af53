"""The catalogue of controls: what each asks, in which call and clause, how it is judged, and what mends it."""

from __future__ import annotations

import re
from typing import Any

import yaml
from call_pages import PAGES
from clause_table import tags

CALLS = PAGES.parents[1] / "calls"
SOURCE = {"host": "on the server", "outside": "from outside", "document": "in documents"}


def calls() -> dict[str, dict[str, Any]]:
    """The calls that come along, by name."""
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CALLS.glob("*.yml"))}


def _by_slug() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Slug -> [(call, control)]."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for name, call in calls().items():
        for control in call["controls"]:
            found.setdefault(control["slug"], []).append((name, control))
    return found


def page() -> str:
    """One section per area (the slug's first word), one entry per control."""
    lines = [
        "# Controls",
        "",
        "Each requirement that a report judges, from the calls that come along. A result follows from evidence alone:",
        "what is read on the server, seen from outside, or handed over as a document. A slug stays what it is when the",
        "clauses of a later call have other numbers.",
        "",
    ]
    areas: dict[str, list[str]] = {}
    for slug, entries in sorted(_by_slug().items()):
        areas.setdefault(slug.partition(".")[0], []).append(_entry(slug, entries))
    for area, texts in areas.items():
        lines += [f"## {area}", "", *texts]
    return "\n".join(lines) + "\n"


def _entry(slug: str, entries: list[tuple[str, dict[str, Any]]]) -> str:
    lines = [f"### `{slug}` {{#{slug}}}", ""]
    told: set[str] = set()
    for name, control in entries:
        text, mends = control["text"], control["remediation"]
        if text["en"] not in told:
            told.add(text["en"])
            roles = ", ".join(f"[`{tag}`](roles/{tag}.md)" for tag in tags(control))
            lines += ["", text["en"], "", f"*{text['es']}*{{lang=es}}", ""]
            lines += [f"To mend it: {mends['en']} Role: {roles}.", ""]
        where = ", ".join(SOURCE[source] for source in control["source"])
        stated = "; a named person's statement counts" if control.get("attestable") else ""
        lines.append(
            f"- [{name}, clause {control['clause']}](../calls/{name}.md#{control['clause']}): {control['severity']}, "
            f"judged {where}{stated}; version {control['version']}"
        )
    return "\n".join(lines) + "\n"


def linked(markdown: str) -> str:
    """A call's page whose controls lead to the catalogue."""
    known = _by_slug()

    def link(found: re.Match[str]) -> str:
        return f"- [`{found[1]}`](../reference/controls.md#{found[1]})" if found[1] in known else found[0]

    return re.sub(r"^- `([a-z0-9_.]+)`", link, markdown, flags=re.MULTILINE)
