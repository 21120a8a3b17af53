"""The figures as tables, CSV for spreadsheets and Parquet for programs: the same rows and columns in both."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from prepctl.memory import baseline as baselines
from prepctl.memory.document import Outlet, Setting, detail, effect
from prepctl.memory.figures import Figures
from prepctl.memory.summary import BYTES, FAILED, HITS, PAGES, REFUSED, ROBOTS, Aside
from prepctl.report.tables import neutral

FORMATS = ("csv", "parquet")
Rows = list[dict[str, Any]]


def of(
    outlets: list[Outlet], fleet: Figures | None, asides: dict[str, list[Aside]], setting: Setting
) -> dict[str, pa.Table]:
    """All tables by name; one row belongs to an outlet, or to ``*``, the fleet."""
    parts = [(one.name, one.figures) for one in outlets] + ([("*", fleet)] if fleet else [])
    window = setting.window
    totals = [{"outlet": name, **figures.totals} for name, figures in parts]
    days = [{"outlet": name, **row} for name, figures in parts for row in figures.days]
    hours = [
        {
            "outlet": name,
            "hour_utc": row["hour"],
            "hour_local": window.local(row["hour"]).isoformat(),
            **{key: value for key, value in row.items() if key != "hour"},
        }
        for name, figures in parts
        for row in figures.hours
    ]
    cuts = [{"outlet": name, **row} for name, figures in parts for row in figures.cuts]
    listed = [
        {"outlet": name, "list": kind, "text": text, "count": count}
        for name, figures in parts
        for kind, rows in (
            ("page", figures.pages),
            ("not_found", figures.missing),
            ("referrer", figures.referers),
            ("system", figures.systems),
            ("browser", figures.browsers),
            ("robot", figures.robots),
        )
        for text, count in rows
    ]
    status = [
        {"outlet": name, "status": code, "hits": hits, "robots": robots}
        for name, figures in parts
        for code, hits, robots in figures.status
    ]
    kinds = [
        {"outlet": name, "kind": kind, "hits": hits, "bytes": sent}
        for name, figures in parts
        for kind, hits, sent in figures.kinds
    ]
    incidents = [
        {
            "outlet": one.outlet,
            "since": one.at,
            "until": one.until,
            "since_local": window.local(one.at).isoformat(),
            "source": one.source,
            "kind": one.kind,
            "count": one.count,
            "addresses": one.addresses,
            "detail": detail(one, setting),
            "effect": one.effect,
            "effect_told": effect(one, setting),
        }
        for outlet in outlets
        for one in sorted(outlet.happenings, key=lambda one: one.at)
    ]
    compared = [
        {"outlet": one.name, "days_of_baseline": one.baseline.days, **row}
        for one in outlets
        if one.baseline is not None
        for row in baselines.rows(one.baseline, one.figures)
    ]
    banned = [
        {"outlet": one.name, "address": setting.pseudonyms.of(address)}
        for one in outlets
        for address in sorted(one.told.banned)
    ]
    rejected = [
        {
            "outlet": name,
            "file": aside.file,
            "line": aside.number,
            "text": setting.pseudonyms.text(aside.text.decode("utf-8", "backslashreplace")),
        }
        for name, found in asides.items()
        for aside in found
    ]
    tables = {
        "totals": totals,
        "days": days,
        "hours": hours,
        "cuts": cuts,
        "lists": listed,
        "status": status,
        "kinds": kinds,
        "incidents": incidents,
        "baseline": compared,
        "banned": sorted(banned, key=lambda row: (row["outlet"], row["address"])),
        "rejected": rejected,
    }
    made = {name: pa.Table.from_pylist(rows) for name, rows in tables.items() if rows}
    minutes = [_minutes(name, figures) for name, figures in parts if len(figures.minutes[0])]
    if minutes:
        made["minutes"] = pa.concat_tables(minutes)
    return made


def _minutes(name: str, figures: Figures) -> pa.Table:
    keys, rows = figures.minutes
    columns = {"hits": HITS, "pages": PAGES, "bytes": BYTES, "robots": ROBOTS, "refused": REFUSED, "failed": FAILED}
    return pa.table(
        {
            "outlet": pa.array([name] * len(keys), pa.string()),
            "minute_utc": keys * 60,
            **{title: rows[:, number] for title, number in columns.items()},
        }
    )


def parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def csv(table: pa.Table) -> bytes:
    """With a byte order mark, for Excel reads accents wrong without, and nothing that it would run as a formula."""
    safe = table
    for number, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts: Iterable[Any] = table.column(number).to_pylist()
            safe = safe.set_column(
                number, field.name, pa.array([None if text is None else neutral(text) for text in texts], pa.string())
            )
    stream = io.BytesIO()
    pa.csv.write_csv(safe, stream)
    return b"\xef\xbb\xbf" + stream.getvalue()
