"""Units, drop-ins and journald.conf: an option that systemd does not know it only logs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers.common import Place, Problem, fits, older, refusal, table

COMPONENT = "systemd"
# What a unit's name ends in -> the section that only such a unit has.
OWN_SECTIONS = {"service": "Service", "timer": "Timer", "path": "Path", "socket": "Socket"}


def check(text: str, place: Place) -> Iterator[Problem]:
    """Sections, options and values by version."""
    rows = table("systemd")
    kind = re.search(r"\.(service|timer|path|socket|mount|slice)(?:$|\.d/)", place.path)
    allowed = (
        {"Journal"}
        if "journald.conf" in place.path
        else {"Coredump"}
        if "coredump.conf" in place.path
        else {"Unit", "Install", OWN_SECTIONS.get(kind.group(1) if kind else "", "")}
    )
    section, continued = "", False
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if continued or not line or line.startswith(("#", ";")):
            continued = continued and raw.endswith("\\")
            continue
        continued = raw.endswith("\\")
        if line.startswith("["):
            section = line.strip("[]")
            if section not in allowed:
                yield number, f"[{section}]: no section of {place.path.rsplit('/', 1)[-1]}"
            continue
        option, equals, value = (word.strip() for word in line.partition("="))
        if not equals or not section:
            yield number, f"{line}: expected OPTION=VALUE in a section"
            continue
        said = refusal(option, rows["sections"].get(section, {}).get(option), COMPONENT, place.system)
        if said:
            yield number, f"[{section}] {said}"
        if option in rows["flags"] and value and not fits(value.lower(), "yes|no|true|false|on|off|1|0"):
            yield number, f"{option}: {value} is neither yes nor no"
        for row in rows["values"]:
            if row["option"] == option and any(fits(word, row["like"]) for word in [value, *value.lstrip("~").split()]):
                version = place.system.version(COMPONENT)
                if older(version, row["since"]):
                    yield number, f"{option}={value}: systemd {version} does not know it (since {row['since']})"
