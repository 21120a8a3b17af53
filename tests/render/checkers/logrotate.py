"""logrotate: directives by version, blocks and scripts that end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers.common import Place, Problem, System, fits, refusal, table

COMPONENT = "logrotate"


def check(text: str, place: Place) -> Iterator[Problem]:
    """All that logrotate of that system does not know."""
    rows = table("logrotate")
    block, script = 0, ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if script:
            script = "" if line == "endscript" else script
            continue
        if not line or line.startswith("#"):
            continue
        if line.endswith("{"):
            if block:
                yield number, "a block in a block"
            block = number
            continue
        if line == "}":
            if not block:
                yield number, "closes nothing that is open"
            block = 0
            continue
        name, _, argument = line.replace("=", " ", 1).partition(" ")
        if name in rows["scripts"]:
            script = name
            continue
        if not block and name.startswith(("/", '"')):
            # One of several paths, each on a line of its own before the brace.
            continue
        said = refusal(name, rows["directives"].get(name), COMPONENT, place.system)
        if said:
            yield number, said
            continue
        argument = argument.strip()
        pattern = rows["arguments"].get(name, "")
        if not fits(argument, pattern):
            yield number, f"{name}: {argument or 'nothing'} is not {pattern or 'nothing'}"
        if name == "dateformat":
            for said in _date_format(argument, rows["date_items"], place.system):
                yield number, f"{name}: {said}"
    if script:
        yield 0, f"{script} is not ended by endscript"
    if block:
        yield block, "a block that is never closed"


def _date_format(value: str, rows: dict[str, dict[str, str]], system: System) -> Iterator[str]:
    for letter in re.findall(r"%(.?)", value):
        said = refusal("%" + letter, rows.get(letter), COMPONENT, system)
        if said:
            yield said
