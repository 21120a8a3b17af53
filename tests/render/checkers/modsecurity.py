"""ModSecurity's directives by version, its actions, and the variables that the rule set there reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers import httpd
from checkers.common import Place, Problem, System, refusal, table

# A list of actions, as httpd hands it over: commas between, single quotes around what has commas.
ACTION = re.compile(r"\s*([A-Za-z]+)(?::('(?:\\.|[^'])*'|[^,]*))?\s*(?:,|$)")
# Variables of our own.
OWN = "prep_"


def check(text: str, place: Place) -> Iterator[Problem]:
    """What httpd refuses in the file, then what ModSecurity or its rule set would."""
    yield from httpd.check(text, place)
    known = {name.lower(): row for name, row in table("modsecurity")["directives"].items()}
    variables: dict[str, int] = {}
    for number, line in httpd.logical_lines(text):
        name, _, rest = line.partition(" ")
        if not name.lower().startswith("sec"):
            continue
        said = refusal(name, known.get(name.lower()), "modsecurity", place.system)
        if said:
            yield number, said
        given = httpd.words(rest) or []
        if name.lower() in ("secaction", "secrule", "secdefaultaction") and given:
            for said, variable in _actions(given[-1], name, place.system):
                if said:
                    yield number, f"{name}: {said}"
                if variable:
                    variables.setdefault(variable, number)
    yield from _variables(variables, place.system)


def _actions(text: str, directive: str, system: System) -> Iterator[tuple[str, str]]:
    rows = table("modsecurity")
    position, names = 0, []
    while position < len(text):
        found = ACTION.match(text, position)
        if not found or found.end() == position:
            yield f"not a list of actions from here: {text[position : position + 40]}", ""
            return
        name, value = found.group(1), (found.group(2) or "").strip("'")
        names.append(name)
        position = found.end()
        if name not in rows["actions"]:
            yield f"{name}: no action of that name", ""
        if name == "ctl" and value.partition("=")[0] not in rows["controls"]:
            yield f"ctl:{value}: no control of that name", ""
        if name == "setvar":
            variable = value.partition("=")[0].lstrip("!").lower()
            yield "", variable[3:] if variable.startswith("tx.") else ""
    if directive.lower() != "secdefaultaction" and "id" not in names:
        yield "has no id, which ModSecurity 2.7 and later ask for", ""


def _variables(found: dict[str, int], system: System) -> Iterator[Problem]:
    """Variables that this rule set does not read, unless another one known there serves the same purpose."""
    rows = table("modsecurity")["tx_variables"]
    served = {
        rows[name]["serves"]
        for name in found
        if name in rows and "serves" in rows[name] and not refusal(name, rows[name], "crs", system)
    }
    for name, number in found.items():
        if name.startswith(OWN):
            continue
        said = refusal(f"tx.{name}", rows.get(name), "crs", system)
        if said and rows.get(name, {}).get("serves") not in served:
            yield number, said
