"""fail2ban: jails, filters, and the actions and filters that each version brings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from checkers.common import Place, Problem, fits, refusal, table

COMPONENT = "fail2ban"
LINE = re.compile(r"^([A-Za-z_][\w.?=,:%()-]*?)\s*[=:]\s*(.*)$")
# fail2ban puts its own groups here before it compiles.
TAGS = {"<HOST>": r"(?:\S+)", "<ADDR>": r"(?:\S+)", "<SUBNET>": r"(?:\S+)", "<DNS>": r"(?:\S+)", "<CIDR>": r"(?:\d+)"}


def sections(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Line, section, option and its whole value; option '' for what is none."""
    section, pending = "", None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        if line[0] in " \t" and pending:
            pending = (*pending[:3], pending[3] + "\n" + line.strip())
            continue
        if pending:
            yield pending
            pending = None
        if line.startswith("["):
            section = line.strip()[1:-1]
            continue
        found = LINE.match(line)
        pending = (number, section, found.group(1), found.group(2)) if found else (number, section, "", line)
    if pending:
        yield pending


def check_jails(text: str, place: Place) -> Iterator[Problem]:
    """Options, and that each filter and action named exists there."""
    rows = table("fail2ban")
    for number, section, option, value in sections(text):
        if not option:
            yield number, f"{value}: expected OPTION = VALUE"
            continue
        row = rows["jail_options"].get(option)
        if row is None and re.fullmatch(r"action_\w*|_\w+", option):
            row = {}
        said = refusal(option, row, COMPONENT, place.system)
        if said:
            yield number, f"[{section}] {said}"
            continue
        if "like" in row and "%(" not in value and not fits(value, row["like"]):
            yield number, f"[{section}] {option}: {value} is not {row['like']}"
        if option in ("banaction", "banaction_allports", "action") and "%(" not in value:
            for name in re.findall(r"(?m)^\s*([\w-]+)", value):
                yield from _exists(number, section, name, "action", rows["actions"], place)
        if option == "filter" and "%(" not in value:
            yield from _exists(number, section, re.split(r"[\[\s]", value)[0], "filter", rows["filters"], place)
    yield from _jails(text, place, rows)


def _exists(number: int, section: str, name: str, kind: str, known: dict[str, Any], place: Place) -> Iterator[Problem]:
    beside = [f"/etc/fail2ban/{kind}.d/{name}.{suffix}" for suffix in ("conf", "local")]
    if any(path in place.beside for path in beside) and name not in known:
        return
    said = refusal(name, known.get(name), COMPONENT, place.system)
    if said:
        yield number, f"[{section}] {kind} {said}"


def _jails(text: str, place: Place, rows: dict[str, Any]) -> Iterator[Problem]:
    """A jail that the version does not ship needs its filter and its log named."""
    jails: dict[str, dict[str, str]] = {}
    for _number, section, option, value in sections(text):
        jails.setdefault(section, {})[option] = value
    for name, options in jails.items():
        if name in ("DEFAULT", "INCLUDES") or not refusal(name, rows["jails"].get(name), COMPONENT, place.system):
            continue
        if "filter" not in options:
            yield 0, f"[{name}]: not a jail of fail2ban {place.system.version(COMPONENT)}, and it names no filter"
        if "logpath" not in options and options.get("backend") != "systemd":
            yield 0, f"[{name}]: not a jail of fail2ban {place.system.version(COMPONENT)}, and it names no log"


def check_filter(text: str, place: Place) -> Iterator[Problem]:
    """Options of a filter, and that its expressions compile and can name an address."""
    rows = table("fail2ban")["filter_options"]
    for number, section, option, value in sections(text):
        row = rows.get(option, {} if re.fullmatch(r"_\w+", option) else None)
        if section not in ("Definition", "INCLUDES", "Init", "DEFAULT"):
            yield number, f"[{section}]: no section of a filter"
        said = refusal(option or value, row, COMPONENT, place.system)
        if said:
            yield number, said
        if option in ("failregex", "ignoreregex", "prefregex"):
            for expression in filter(None, value.splitlines()):
                yield from _expression(number, option, expression)


def _expression(number: int, option: str, expression: str) -> Iterator[Problem]:
    if option == "failregex" and not re.search(r"<(HOST|ADDR|SUBNET|F-ID|F-NOFAIL|IP4|IP6|DNS)", expression):
        yield number, f"{option}: names no address: {expression}"
    plain = re.sub(r"%\(\w+\)s", "x", expression).replace("%%", "%")
    for tag, pattern in TAGS.items():
        plain = plain.replace(tag, pattern)
    plain = re.sub(r"<F-[A-Z_]+>|</F-[A-Z_]+>|<[a-z_]+>", "", plain)
    try:
        re.compile(plain)
    except re.error as problem:
        yield number, f"{option}: does not compile: {problem}: {expression}"


def check_common(text: str, place: Place) -> Iterator[Problem]:
    """fail2ban.local and action files: sections and options only."""
    for number, _section, option, value in sections(text):
        if not option:
            yield number, f"{value}: expected OPTION = VALUE"
