"""chrony.conf: directives and options of sources by version."""

from __future__ import annotations

from collections.abc import Iterator

from checkers.common import Place, Problem, System, fits, refusal, table

COMPONENT = "chrony"
SOURCES = ("server", "pool", "peer")


def check(text: str, place: Place) -> Iterator[Problem]:
    """All that chronyd of that system refuses."""
    rows = table("chrony")
    for number, line in enumerate(text.splitlines(), 1):
        # Comments begin with any of four signs, and only at the start of a line.
        if not line.strip() or line.lstrip()[0] in "!;#%":
            continue
        name, *given = line.split()
        said = refusal(name, rows["directives"].get(name.lower()), COMPONENT, place.system)
        if said:
            yield number, said
            continue
        pattern = rows["arguments"].get(name.lower())
        if pattern is not None and not fits(" ".join(given), pattern):
            yield number, f"{name}: {' '.join(given) or 'nothing'} is not {pattern or 'nothing'}"
        if name.lower() in SOURCES:
            for said in _source(given, rows["source_options"], place.system):
                yield number, f"{name}: {said}"


def _source(given: list[str], rows: dict[str, dict[str, object]], system: System) -> Iterator[str]:
    if not given:
        yield "names no source"
    words = iter(given[1:])
    for word in words:
        row = rows.get(word)
        said = refusal(word, row, COMPONENT, system)
        if said:
            yield said
        if row and row.get("value") and not fits(next(words, ""), r"-?[\d.]+"):
            yield f"{word}: expected a number behind it"
