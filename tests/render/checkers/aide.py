"""aide.conf: options by version, groups that are defined, and rules that name paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers.common import Place, Problem, System, counted, refusal, table

COMPONENT = "aide"
RULE = re.compile(r"[!=-]?/\S*(\s+(?P<types>[a-zA-Z,0]+))?(\s+(?P<group>[\w+>-]+))?")


def check(text: str, place: Place) -> Iterator[Problem]:
    """All that aide of that system refuses."""
    rows = table("aide")
    groups: set[str] = set()
    for number, raw in counted(text):
        line = raw.split(" #")[0].strip()
        if line.startswith("@@"):
            name = re.match(r"@@\{?(\w+)", line)
            said = (
                refusal(f"@@{name.group(1)}", rows["macros"].get(name.group(1)), COMPONENT, place.system)
                if name
                else line
            )
            if said:
                yield number, said
            continue
        option = re.match(r"([a-z_0-9]+)\s*=\s*(.*)$", line)
        if option and (option.group(1) in rows["options"] or "_" in option.group(1)):
            said = refusal(option.group(1), rows["options"].get(option.group(1)), COMPONENT, place.system)
            if said:
                yield number, said
            continue
        group = re.match(r"(\w+)\s*=\s*(\S+)$", line)
        if group:
            yield from _attributes(number, group.group(2), groups, place.system)
            groups.add(group.group(1))
            continue
        rule = RULE.fullmatch(line)
        if not rule:
            yield number, f"{line}: neither an option, a group nor a rule"
            continue
        named = rule.group("group") or ("" if line.startswith("!") else rule.group("types") or "")
        if not named and not line.startswith(("!", "-")):
            yield number, f"{line}: names no group"
        yield from _attributes(number, named, groups, place.system)


def _attributes(number: int, expression: str, groups: set[str], system: System) -> Iterator[Problem]:
    for name in filter(None, re.split(r"[+-]", expression)):
        said = "" if name in groups else refusal(name, table("aide")["attributes"].get(name), COMPONENT, system)
        if said:
            yield number, said
