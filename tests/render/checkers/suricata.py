"""Suricata: settings that name what is there, and rules that it can read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from checkers.common import Place, Problem, counted, refusal, table

COMPONENT = "suricata"
RULE = re.compile(
    r"(?P<action>\S+) (?P<protocol>\S+) (?P<source>\S+) (?P<port>\S+) (->|<>) (?P<target>\S+) (\S+) \((?P<options>.*)\)"
)
# An option ends at a semicolon that no backslash hides and that no quotes hold.
OPTION = re.compile(r'\s*([a-z_.]+)(?::((?:"(?:[^"\\]|\\.)*"|[^;"])*))?;')


def check_settings(text: str, place: Place) -> Iterator[Problem]:
    """Top keys by version, and rule files that are written beside this one or come with the package."""
    rows = table("suricata")
    try:
        settings = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        yield 0, f"no YAML: {problem}"
        return
    for name in settings:
        said = refusal(name, rows["settings"].get(name), COMPONENT, place.system)
        if said:
            yield 0, said
    for name in settings.get("rule-files", []):
        path = name if name.startswith("/") else f"{settings.get('default-rule-path', '')}/{name}"
        if path not in place.beside and not path.startswith(rows["packaged_rules"][place.system.family] + "/"):
            yield 0, f"rule-files: {path} is neither written nor in the package's directory"


def check_rules(text: str, place: Place) -> Iterator[Problem]:
    """One rule to a line: head, keywords by version, and a number of its own."""
    rows = table("suricata")
    seen: set[str] = set()
    for number, line in counted(text):
        rule = RULE.fullmatch(line)
        if not rule:
            yield number, f"{line[:60]}: no rule of Suricata"
            continue
        for part, known in (("action", rows["actions"]), ("protocol", rows["protocols"])):
            if rule.group(part) not in known:
                yield number, f"{rule.group(part)}: no {part} of Suricata"
        options = OPTION.findall(rule.group("options"))
        if "".join(OPTION.sub("", rule.group("options")).split()):
            yield number, f"not read: {OPTION.sub('', rule.group('options')).strip()}"
        for name, _value in options:
            said = refusal(name, rows["keywords"].get(name), COMPONENT, place.system)
            if said:
                yield number, said
        given = dict(options)
        for name in ("msg", "sid", "rev"):
            if name not in given:
                yield number, f"lacks {name}"
        if given.get("sid", "") in seen:
            yield number, f"sid {given['sid']}: given before"
        seen.add(given.get("sid", ""))
