"""What all checkers share: systems, versions, tables, and how a version refuses a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TABLES = Path(__file__).resolve().parents[1] / "tables"
# A line's number (0: the file as a whole) and what is wrong with it.
Problem = tuple[int, str]


@cache
def table(name: str) -> dict[str, Any]:
    """A table of ``tables/``."""
    found: dict[str, Any] = yaml.safe_load((TABLES / f"{name}.yml").read_text(encoding="utf-8"))
    return found


def parts(version: str) -> list[tuple[int, str]]:
    """A version as something that sorts: 1.0.2k < 1.1.1, 2.4.6 < 2.4.17."""
    return [(int(number), letters) for number, letters in re.findall(r"(\d+)([a-z]*)", str(version))]


def older(version: str, than: str) -> bool:
    """Whether a version comes before another."""
    return parts(version) < parts(than)


@dataclass(frozen=True)
class System:
    """One recorded system."""

    name: str
    data: dict[str, Any] = field(hash=False, compare=False)

    @property
    def family(self) -> str:
        """RedHat or Debian."""
        return str(self.data["facts"]["min"]["os_family"])

    def version(self, component: str) -> str:
        """The version of a component there."""
        return str(self.data["components"][component])


@dataclass(frozen=True)
class Place:
    """Where a text was found: its system, its path, and the texts beside it in the same run."""

    system: System
    path: str
    beside: dict[str, str] = field(default_factory=dict, hash=False, compare=False)
    links: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


def refusal(what: str, row: dict[str, Any] | None, component: str, system: System) -> str:
    """Why that system's version does not take a word, or nothing.

    A row: since, until (versions of the component), also, never (names of systems whose distribution
    decided otherwise), needs (oldest versions of other components).
    """
    version = system.version(component)
    if row is None:
        return f"{what}: not known to {component} (not in the table)"
    if system.name in row.get("never", ()):
        return f"{what}: {component} {version} of {system.name} does not know it"
    if system.name in row.get("also", ()):
        return ""
    if "since" in row and older(version, row["since"]):
        return f"{what}: {component} {version} does not know it (since {row['since']})"
    if "until" in row and not older(version, row["until"]):
        return f"{what}: gone from {component} {version} (until {row['until']})"
    for other, least in row.get("needs", {}).items():
        if older(system.version(other), least):
            return f"{what}: needs {other} {least}, has {system.version(other)}"
    return ""


def counted(text: str) -> Iterator[Problem]:
    """Lines that say something: number and text, without blanks and # comments."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.rstrip()


def fits(value: str, pattern: str) -> bool:
    """Whether the whole of a value matches."""
    return re.fullmatch(pattern, value) is not None
