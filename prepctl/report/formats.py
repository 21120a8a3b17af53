"""Every format of a report, written from the one model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.iepc.prep.plugins.plugin_utils import report_html
from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import Words
from jinja2 import TemplateError

from prepctl.errors import PrepctlError
from prepctl.report import files, junit, openmetrics, paper, source, tables

History = dict[str, Any] | None
Writer = Callable[[source.Report, Words, History], dict[str, bytes]]


def _json(report: source.Report, words: Words, history: History) -> dict[str, bytes]:
    return {source.FILE: report.data}


def _html(report: source.Report, words: Words, history: History) -> dict[str, bytes]:
    page: str = report_html.render(report.model, report.digest, words, history)
    return {"compliance.html": page.encode("utf-8", errors="replace")}


def _pdf(report: source.Report, words: Words, history: History) -> dict[str, bytes]:
    return {"compliance.pdf": paper.report(report.model, report.digest, words)}


def _csv(report: source.Report, words: Words, history: History) -> dict[str, bytes]:
    return {
        "matrix.csv": tables.matrix(report.model, words),
        "results.csv": tables.results(report.model, words, history),
        "action_plan.csv": tables.action_plan(report.model, words),
    }


def _junit(report: source.Report, words: Words, history: History) -> dict[str, bytes]:
    return {"junit.xml": junit.render(report.model, words)}


def _openmetrics(report: source.Report, words: Words, history: History) -> dict[str, bytes]:
    return {"compliance.prom": openmetrics.render(report.model, report.digest)}


def _summary(report: source.Report, words: Words, history: History) -> dict[str, bytes]:
    return {"summary.pdf": paper.summary(report.model, report.digest, words)}


WRITERS: dict[str, Writer] = {
    "json": _json,
    "html": _html,
    "pdf": _pdf,
    "csv": _csv,
    "junit": _junit,
    "openmetrics": _openmetrics,
    "summary": _summary,
}


def chosen(text: str) -> list[str]:
    """The formats of a list by commas, or ``all``.

    :raises PrepctlError: there is no such format.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["all"]:
        return list(WRITERS)
    unknown = [name for name in names if name not in WRITERS]
    if unknown or not names:
        raise PrepctlError(
            f"--format: expected some of {', '.join(WRITERS)}, or all, got {', '.join(unknown) or 'none'}"
        )
    return names


def words_of(report: source.Report, lang: str) -> Words:
    """The words of a language, with times in the call's zone.

    :raises PrepctlError: there is no such language.
    """
    try:
        return Words(lang, str(report.model["run"].get("zone") or "UTC"))
    except ValueError as problem:
        raise PrepctlError(f"--lang: {problem}") from problem


def write(
    report: source.Report, names: list[str], words: Words, directory: Path, history: History = None
) -> list[Path]:
    """Write the files of some formats; all are made before the first is written.

    :raises PrepctlError: the report lacks something that every report has.
    """
    try:
        made = {name: data for one in names for name, data in WRITERS[one](report, words, history).items()}
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, TemplateError) as problem:
        what = f"{type(problem).__name__}: {problem}"
        raise PrepctlError(f"{report.path}: expected a whole report of schema {source.SCHEMA}, got {what}") from problem
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in made.items():
        path = directory / name
        if path.resolve() != report.path.resolve():
            files.replace(path, data)
        written.append(path)
    return written
