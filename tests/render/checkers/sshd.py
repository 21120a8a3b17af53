"""sshd_config: keywords, values and algorithm names by version; what comes too late to count."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.common import Place, Problem, System, counted, fits, refusal, table

COMPONENT = "sshd"


def check(text: str, place: Place) -> Iterator[Problem]:
    """All that keeps that version from starting, or that it would not heed."""
    rows = table("sshd")
    keywords = {name.lower(): (name, row) for name, row in rows["keywords"].items()}
    seen: set[str] = set()
    for number, line in counted(text):
        keyword, _, value = line.strip().partition(" ")
        name, row = keywords.get(keyword.lower(), (keyword, None))
        said = refusal(name, row, COMPONENT, place.system)
        if said or row is None:
            yield number, said
            continue
        if row.get("dead"):
            yield number, f"{name}: does nothing any more"
        if name == "Match":
            seen = set()
            continue
        if name in seen and name not in rows["repeatable"]:
            yield number, f"{name}: given before; sshd takes the first"
        seen.add(name)
        value = value.strip()
        if not value:
            yield number, f"{name}: has no value"
        pattern = "yes|no" if name in rows["flags"] else rows["values"].get(name, ".*")
        if not fits(value, pattern):
            yield number, f"{name}: {value} is not {pattern}"
        if name in rows["lists"]:
            for said in _algorithms(value, rows["algorithms"][rows["lists"][name]], place.system):
                yield number, f"{name}: {said}"


def _algorithms(value: str, known: dict[str, dict[str, str]], system: System) -> Iterator[str]:
    prefix = value[:1]
    prefixes = table("sshd")["list_prefixes"]
    if prefix in prefixes:
        said = refusal(f"a list that begins with {prefix}", prefixes[prefix], COMPONENT, system)
        if said:
            yield said
        value = value[1:]
    for name in value.split(","):
        said = refusal(name, known.get(name), COMPONENT, system)
        if said and not (prefix in prefixes and "*" in name):
            yield said
