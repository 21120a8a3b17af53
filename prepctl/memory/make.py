"""Makes a memory: reads the logs, works the figures out, and writes documents and tables."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from prepctl.errors import PrepctlError
from prepctl.memory import baseline, blocks, document, engine, figures, fleet, incidents, inputs, page, paper, tables
from prepctl.memory.document import Outlet, Setting
from prepctl.memory.figures import Figures
from prepctl.memory.inputs import Inputs, Source
from prepctl.memory.pseudonyms import Pseudonyms, key_of
from prepctl.memory.summary import Aside, Plan, Summary
from prepctl.memory.words import Words
from prepctl.report import files

FORMATS = ("html", "pdf", "csv", "parquet")


@dataclass
class Wanted:
    """What is to be made."""

    workspace: Path
    words: list[str]
    call: str | None = None
    since: str | None = None
    until: str | None = None
    zone: str | None = None
    baselines: list[str] = field(default_factory=list)
    averages: Path | None = None
    comments: list[str] = field(default_factory=list)
    cdn: tuple[str, ...] = ()
    lang: str = "es"
    formats: tuple[str, ...] = FORMATS
    jobs: int = 0
    memory_mb: int = 900
    output: Path | None = None


@dataclass
class Made:
    """What came of it."""

    directory: Path
    files: list[Path]
    outlets: list[Outlet]
    fleet: Figures | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "verb": "memoria",
            "directory": str(self.directory),
            "files": [str(path) for path in self.files],
            "outlets": [
                {
                    "name": one.name,
                    "title": one.title,
                    **one.figures.totals,
                    "bans": one.told.bans,
                    "incidents": len(one.happenings),
                    "problems": one.problems,
                }
                for one in self.outlets
            ],
            "fleet": self.fleet.totals if self.fleet else None,
            "seconds": round(self.seconds, 2),
        }


def make(wanted: Wanted, tell: Callable[[str], None]) -> Made:
    """Make a memory.

    :param tell: told a line for each outlet whose logs were read.
    :raises PrepctlError: something is not as expected; nothing was written then.
    """
    # What does not fit in memory: gone at the end, whoever ends the work and in whichever process.
    with tempfile.TemporaryDirectory(prefix="prepctl-visits-") as place:
        return _make(wanted, tell, Path(place))


def _make(wanted: Wanted, tell: Callable[[str], None], place: Path) -> Made:
    began = time.monotonic()
    words = Words(wanted.lang)
    found = inputs.gather(wanted.words, wanted.workspace)
    call = inputs.call_of(wanted.call, found, wanted.workspace)
    window = inputs.window_of(call, found, wanted.since, wanted.until, wanted.zone)
    key = key_of(wanted.workspace)
    setting = Setting(
        window,
        words,
        f"{call['institute']['name']} · {call['institute']['unit']}" if call else "",
        call["title"][words.lang] if call else "",
        int(time.time()),
        Pseudonyms(key),
        float(call["freshness_limit_seconds"]) if call else 60.0,
    )
    most = engine.most_visits(wanted.memory_mb, wanted.jobs or 2)
    plan = Plan(key, window.since, window.until + 1, most_visits=most, place=place)
    comments, normal = _comments(wanted, found, setting), _baselines(wanted, found, plan, window.zone)
    summaries = _read(found.outlets, plan, wanted)
    try:
        outlets = [_outlet(one, *summaries[one.name], setting, found, comments, normal) for one in found.outlets]
        for one in outlets:
            t = one.figures.totals
            tell(
                f"{one.name}: {t['lines']:,} lines, {t['rejected']:,} set aside, {t['visits']:,} visits, "
                f"{len(one.happenings)} incidents"
            )
        whole = _fleet(outlets, [summaries[one.name][0] for one in found.outlets], setting)
        asides = {name: summary.aside for name, (summary, _problems) in summaries.items()}
    finally:
        for summary, _problems in summaries.values():
            summary.close()
    directory = wanted.output or wanted.workspace / "memoria" / (call["id"] if call else "periodo")
    made = _files(wanted, outlets, whole, asides, setting, found)
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in made.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, data)
        written.append(path)
    return Made(directory, written, outlets, whole, time.monotonic() - began)


def _read(outlets: list[Source], plan: Plan, wanted: Wanted) -> dict[str, tuple[Summary, list[str]]]:
    """Read all outlets' logs; those that stand behind the same CDN together."""
    groups: dict[tuple[str, ...], dict[str, list[Path]]] = {}
    for one in outlets:
        groups.setdefault(tuple(sorted({*one.cdn, *wanted.cdn})), {})[one.name] = one.access
    done: dict[str, tuple[Summary, list[str]]] = {}
    for cdn, logs in groups.items():
        done |= engine.read(logs, replace(plan, cdn=inputs.ranges_of(cdn)), wanted.jobs)
    return done


def _baselines(wanted: Wanted, found: Inputs, plan: Plan, zone: str) -> dict[str, baseline.Baseline]:
    """What is normal, by earlier logs that were named or by what outlets declared."""
    names = {one.name for one in found.outlets}
    normal = baseline.declared(wanted.averages) if wanted.averages else {}
    logs: dict[str, list[Path]] = {}
    from prepctl.memory import sources

    for word in wanted.baselines:
        name, mark, path = word.partition("=")
        if not mark:
            raise PrepctlError(f"--baseline: expected NAME=PATH, got {word}")
        logs.setdefault(name, []).extend(sources.find([Path(path)]))
    for name in [*normal, *logs]:
        if name not in names:
            raise PrepctlError(
                f"{name}: expected one of the outlets, {', '.join(sorted(names))}, for its normal average"
            )
    if logs:
        for name, (summary, _problems) in engine.read(logs, replace(plan, start=None, end=None), wanted.jobs).items():
            of_logs = baseline.of_averages(figures.averages(summary.window, zone))
            summary.close()
            if of_logs is None:
                raise PrepctlError(f"--baseline {name}: expected logs of at least one whole day, found none")
            normal[name] = of_logs
    return normal


def _comments(wanted: Wanted, found: Inputs, setting: Setting) -> dict[str, list[blocks.Block]]:
    """Comments by outlet: NAME=FILE, or a directory with NAME.md."""
    names = {one.name for one in found.outlets}
    paths: dict[str, Path] = {}
    for word in wanted.comments:
        name, mark, rest = word.partition("=")
        if mark:
            if name not in names:
                raise PrepctlError(
                    f"--comments {word}: expected one of the outlets, {', '.join(sorted(names))}, got {name}"
                )
            paths[name] = Path(rest)
        elif Path(word).is_dir():
            paths |= {path.stem: path for path in sorted(Path(word).glob("*.md")) if path.stem in names}
        elif len(names) == 1:
            paths[next(iter(names))] = Path(word)
        else:
            raise PrepctlError(f"--comments {word}: expected NAME=FILE, or a directory with NAME.md for each outlet")
    told = {}
    for name, path in paths.items():
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as problem:
            raise PrepctlError(f"{path}: expected comments in Markdown, UTF-8: {problem}") from None
        told[name] = blocks.markdown(setting.pseudonyms.text(text))
    return told


def _outlet(
    source: Source,
    summary: Summary,
    problems: list[str],
    setting: Setting,
    found: Inputs,
    comments: dict[str, list[blocks.Block]],
    normal: dict[str, baseline.Baseline],
) -> Outlet:
    window = setting.window
    numbers = _masked(figures.of(source.name, source.title, summary, window), setting.pseudonyms)
    told = incidents.read(source.name, source.others, window, source.offset)
    happenings = [*told.happenings, *incidents.gaps(source.name, numbers.minutes, window)]
    happenings += [one for one in found.record.happenings(window) if one.outlet == source.name]
    base = normal.get(source.name) or baseline.of_averages(figures.averages(summary.earlier, window.zone))
    return Outlet(
        source.name,
        source.title,
        numbers,
        told,
        sorted(happenings, key=lambda one: one.at),
        base,
        comments.get(source.name, []),
        found.record.lags(source.name, window),
        source.portals,
        source.files,
        [*source.problems, *problems, *told.problems],
    )


def _masked(numbers: Figures, names: Pseudonyms) -> Figures:
    """Addresses that stand in texts get their other names too."""
    for kind in ("pages", "missing", "referers", "robots"):
        setattr(numbers, kind, [(names.text(text), count) for text, count in getattr(numbers, kind)])
    return numbers


def _fleet(outlets: list[Outlet], summaries: list[Summary], setting: Setting) -> Figures | None:
    if len(outlets) < 2:
        return None
    whole = figures.fleet(setting.words("fleet"), summaries, [one.figures for one in outlets], setting.window)
    return _masked(whole, setting.pseudonyms)


def _files(
    wanted: Wanted,
    outlets: list[Outlet],
    whole: Figures | None,
    asides: dict[str, list[Aside]],
    setting: Setting,
    found: Inputs,
) -> dict[str, bytes]:
    """All that is written, by path; made before the first is."""
    made: dict[str, bytes] = {}
    documents = {f"{one.name}/memoria": document.outlet(one, setting) for one in outlets}
    names = {one.name for one in outlets}
    others = [one for one in found.record.happenings(setting.window) if one.outlet not in names]
    if whole is not None:
        documents["memoria"] = fleet.render(fleet.Fleet(whole, outlets, others), setting)
    for name, told in documents.items():
        if "html" in wanted.formats:
            made[f"{name}.html"] = page.render(told, wanted.lang).encode("utf-8", "replace")
        if "pdf" in wanted.formats:
            made[f"{name}.pdf"] = paper.pdf(told, wanted.lang, setting.made)
    writers = [(kind, getattr(tables, kind)) for kind in tables.FORMATS if kind in wanted.formats]
    if writers:
        for title, table in tables.of(outlets, whole, asides, setting).items():
            for kind, write in writers:
                if whole is not None:
                    made[f"tables/{title}.{kind}"] = write(table)
                for one in outlets:
                    # What is handed to an outlet is its own.
                    part = table.filter(pc.equal(table["outlet"], one.name))
                    if len(part):
                        made[f"{one.name}/tables/{title}.{kind}"] = write(part)
    totals = {"outlets": {one.name: one.figures.totals for one in outlets}, "fleet": whole.totals if whole else None}
    made["memoria.json"] = json.dumps(
        {"schema": 1, "since": setting.window.since, "until": setting.window.until, **totals}, indent=2
    ).encode()
    return made
