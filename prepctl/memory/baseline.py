"""What is normal for an outlet (clause IV.3): by its own earlier logs, or by averages that it declares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prepctl.errors import PrepctlError
from prepctl.memory.figures import Figures

NAMES = ("hits", "pages", "visits")


@dataclass(frozen=True)
class Baseline:
    """An average day.

    :ivar days: how many whole days it was taken from; 0 where the outlet declared it.
    """

    hits: float | None
    pages: float | None
    visits: float | None
    days: int = 0

    def ratio(self, name: str, value: float, days: float = 1) -> float | None:
        """How many times the normal a value of so many days is."""
        normal = getattr(self, name)
        return value / (normal * days) if normal else None


def declared(path: Path) -> dict[str, Baseline]:
    """Averages from a YAML file: ``NAME: {hits: 1000, pages: 300, visits: 120}``, a day each.

    :raises PrepctlError: it is not such; one line.
    """
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise PrepctlError(f"{path}: expected averages in YAML: {' '.join(str(problem).split())}") from None
    if not isinstance(data, dict):
        raise PrepctlError(f"{path}: expected a mapping of names to averages, got {type(data).__name__}")
    return {str(name): _one(path, str(name), value) for name, value in data.items()}


def _one(path: Path, name: str, value: Any) -> Baseline:
    if not isinstance(value, dict) or not value or set(value) - set(NAMES):
        raise PrepctlError(f"{path}: {name}: expected some of {', '.join(NAMES)}, averages of a day, got {value}")
    for key, number in value.items():
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not number > 0:
            raise PrepctlError(f"{path}: {name}.{key}: expected a number above 0, got {number}")
    return Baseline(value.get("hits"), value.get("pages"), value.get("visits"))


def of_averages(averages: dict[str, float] | None) -> Baseline | None:
    """By what earlier logs come to."""
    if averages is None:
        return None
    return Baseline(averages["hits"], averages["pages"], averages["visits"], int(averages["days"]))


def rows(baseline: Baseline, figures: Figures) -> list[dict[str, Any]]:
    """Each day beside the normal one; a day that the window holds in part is measured by its part."""
    found = []
    for row in figures.days:
        entry: dict[str, Any] = {"day": row["day"]}
        for name in NAMES:
            entry[name], entry[f"{name}_ratio"] = row[name], baseline.ratio(name, row[name])
        found.append(entry)
    return found
