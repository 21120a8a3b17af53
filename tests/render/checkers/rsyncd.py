"""rsyncd.conf: rsync ignores a parameter that it does not know, so here that is a failure."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.common import Place, Problem, counted, fits, refusal, table

COMPONENT = "rsync"


def check(text: str, place: Place) -> Iterator[Problem]:
    """Parameters by version, where they may stand, and their values."""
    rows = table("rsyncd")
    section, seen = "", set[tuple[str, str]]()
    for number, line in counted(text):
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
            continue
        if line.startswith("&"):
            yield number, f"{line}: files beside this one are not followed"
            continue
        name, equals, value = (word.strip() for word in line.partition("="))
        name = " ".join(name.lower().split())
        if not equals:
            yield number, f"{line}: expected NAME = VALUE"
            continue
        row = rows["parameters"].get(name)
        said = refusal(name, row, COMPONENT, place.system)
        if said:
            yield number, said
            continue
        if row.get("global") and section:
            yield number, f"{name}: is for the whole daemon, not for module {section}"
        if (section, name) in seen:
            yield number, f"{name}: given twice in [{section or 'global'}]"
        seen.add((section, name))
        if name in rows["flags"] and not fits(
            value.lower(), "yes|no|true|false|1|0" + ("|unset" if name == "use chroot" else "")
        ):
            yield number, f"{name}: {value} is neither yes nor no"
        if name in rows["numbers"] and not fits(value, r"-?\d+"):
            yield number, f"{name}: {value} is no number"
        if name == "refuse options":
            for option in value.split():
                sign = refusal(option, rows["refusable"]["!"], COMPONENT, place.system) if option[0] == "!" else ""
                said = sign or refusal(option, rows["refusable"].get(option.lstrip("!")), COMPONENT, place.system)
                if said:
                    yield number, f"{name}: {said}; it refuses nothing and is logged at each connection"
