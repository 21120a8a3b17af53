"""Files of logs: compressed, in pieces, out of order, broken. Every line is a hit or was set aside."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pytest
from readers import BOT, PHONE, START, Readers

from prepctl.errors import PrepctlError
from prepctl.memory import engine, sources
from prepctl.memory.figures import Window, of
from prepctl.memory.summary import BYTES, HITS, PAGES, ROBOTS, Plan, Summary

KEY = b"k" * 32


def read(paths: list[Path], jobs: int = 1, **plan: object) -> Summary:
    return engine.read({"a": paths}, Plan(KEY, **plan), jobs)["a"][0]  # type: ignore[arg-type]


def told(summary: Summary) -> tuple[object, ...]:
    keys, rows = summary.window.minutes.all()
    visits = sorted(tuple(row) for part in summary.window.visits.parts() for row in part.tolist())
    return (
        summary.lines,
        summary.hits,
        summary.rejected,
        keys.tolist(),
        rows.tolist(),
        visits,
        sorted(summary.pages),
        sorted(summary.agents),
        sorted(summary.referers),
        [part.tolist() for part in summary.steps.all()],
    )


def many() -> Readers:
    made = Readers()
    for number in range(300):
        made.visit(
            START + 97 * number,
            1 + number % 4,
            70,
            address=f"10.0.{number % 7}.{number % 11}",
            agent=PHONE if number % 3 else BOT,
        )
    return made


def test_however_compressed_and_cut_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = many().text()
    plain = tmp_path / "access.log"
    plain.write_bytes(text)
    whole = told(read([plain]))
    assert whole[0] == whole[1] == text.count(b"\n") and whole[2] == 0
    packed = {
        "b.gz": gzip.compress(text),
        "c.bz2": bz2.compress(text),
        "d.zst": pa.compress(text, "zstd", asbytes=True),
    }
    # Two members in one file, as logs that were put together have.
    half = text.rfind(b"\n", 0, len(text) // 2) + 1
    packed["e"] = gzip.compress(text[:half]) + gzip.compress(text[half:])
    for name, data in packed.items():
        (tmp_path / name).write_bytes(data)
        assert told(read([tmp_path / name])) == whole, name
    monkeypatch.setattr(sources, "PIECE", 10_000)
    monkeypatch.setattr(sources, "CHUNK", 3_000)
    assert len(sources.pieces([plain])) > 5
    assert told(read([plain])) == whole
    assert told(read([plain], jobs=2)) == whole


def test_rotated_out_of_order_and_in_other_zones_add_up(tmp_path: Path) -> None:
    made, elsewhere = many(), Readers()
    for number in range(300):
        elsewhere.visit(
            START + 97 * number,
            1 + number % 4,
            70,
            address=f"10.0.{number % 7}.{number % 11}",
            agent=PHONE if number % 3 else BOT,
            zone_hours=(number % 5) - 2,
        )
    one, two, three = tmp_path / "one", tmp_path / "two", tmp_path / "three"
    one.write_bytes(made.text())
    lines = elsewhere.text(ordered=False).splitlines(keepends=True)
    two.write_bytes(b"".join(lines[1::2]))
    three.write_bytes(b"".join(reversed(lines[::2])))
    assert told(read([one]))[3:] == told(read([three, two]))[3:]


def test_lines_that_are_none_are_counted_and_kept_with_file_and_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = many().text().splitlines(keepends=True)
    for place, text in ((3, b"rubbish\n"), (200, b"\n"), (700, b"\x00\xff" * 9 + b"\n")):
        lines.insert(place, text)
    path = tmp_path / "access.log"
    path.write_bytes(b"".join(lines) + b"cut off")
    monkeypatch.setattr(sources, "PIECE", 20_000)
    summary = read([path], jobs=2)
    assert summary.lines == len(lines) + 1 == summary.hits + summary.rejected
    assert [(one.number, one.text) for one in summary.aside] == [
        (4, b"rubbish"),
        (201, b""),
        (701, b"\x00\xff" * 9),
        (len(lines) + 1, b"cut off"),
    ]
    assert {one.file for one in summary.aside} == {str(path)}


def test_a_line_without_end_costs_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "CHUNK", 1 << 16)
    monkeypatch.setattr(sources, "LONGEST", 1 << 18)
    path = tmp_path / "access.log"
    good = many().text()
    path.write_bytes(good + b"x" * (1 << 20) + b"\n" + good)
    summary = read([path])
    assert summary.rejected == 1 and summary.hits == 2 * good.count(b"\n")


def test_a_log_that_is_none_ends_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"From: me\nTo: you\n\nHello\n")
    with pytest.raises(PrepctlError, match=r"access\.log: expected an Apache access log .*'From: me'"):
        read([path])
    with pytest.raises(PrepctlError, match="found no such file"):
        sources.find([tmp_path / "none"])
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8bnot really")
    with pytest.raises(PrepctlError, match="can't be read"):
        read([tmp_path / "broken.gz"])
    path.write_bytes(b"")
    assert read([path]).lines == 0


def test_a_file_whose_end_is_missing_counts_as_far_as_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "CHUNK", 1 << 14)
    text = many().text() * 20
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(text)[:-2000])
    summary, problems = engine.read({"a": [path]}, Plan(KEY), 1)["a"]
    assert 0 < summary.hits < text.count(b"\n") and len(problems) == 1 and "ended before its end" in problems[0]


def test_window_and_what_is_earlier(tmp_path: Path) -> None:
    made = Readers()
    made.visit(START - 40_000, 2, 60)
    made.visit(START - 30, 2, 60)  # over the window's edge
    made.visit(START + 86400, 1)
    path = tmp_path / "access.log"
    path.write_bytes(made.text())
    summary = read([path], start=START, end=START + 86400)
    _keys, rows = summary.window.minutes.all()
    assert rows[:, (HITS, PAGES)].sum(axis=0).tolist() == [3, 1]
    assert summary.earlier.minutes.all()[1][:, PAGES].sum() == 3 and summary.outside == 12
    assert summary.hits == 15 == summary.lines


def test_robots_are_told_apart_and_make_no_pages(tmp_path: Path) -> None:
    made = Readers()
    made.visit(START, 3, agent=BOT)
    for agent in ("curl/7.88.1", "-", "prepctl", "python-requests/2.31", "Prometheus/2.45", "UptimeRobot/2.0"):
        made.ask(START, "/", agent=agent)
    made.visit(START, 2, agent=PHONE)
    path = tmp_path / "access.log"
    path.write_bytes(made.text())
    _keys, rows = read([path]).window.minutes.all()
    assert rows[:, (HITS, PAGES, ROBOTS)].sum(axis=0).tolist() == [21, 2, 15]


def test_figures_of_days_hours_and_times(tmp_path: Path) -> None:
    made = Readers()
    # Over midnight, once in each minute; then the same reader half an hour later, and another one.
    made.visit(START + 86400 - 120, 5, 60)
    made.visit(START + 86400 + 120 + 1800, 1)
    made.visit(START + 86400 + 7200, 2, 1799, address="189.9.9.9")
    path = tmp_path / "access.log"
    path.write_bytes(made.text())
    figures = of("a", "A", read([path]), Window(START, START + 3 * 86400 - 1, "America/Monterrey"))
    assert [(row["visits"], row["visitors"], row["pages"]) for row in figures.days] == [(1, 1, 2), (2, 2, 6), (0, 0, 0)]
    assert figures.totals["visits"] == 3 and figures.totals["visitors"] == 2
    assert figures.totals["bytes"] == 8 * 3 * 1300 and figures.totals["p50_ms"] == pytest.approx(1.5, rel=0.03)
    assert [row["visits"] for row in figures.hours if row["visits"]] == [1, 1, 1]
    assert BYTES


def test_a_day_has_the_hours_that_its_zone_gives_it() -> None:
    # In 2022 Mexico's clocks went on an hour on 3 April, and back on 30 October.
    spring = Window(1648965600 - 3600 * 6, 1648965600 + 2 * 86400, "America/Mexico_City").days()
    lengths = {day: end - first for day, first, end in spring}
    assert lengths["2022-04-03"] == 23 * 3600 and lengths["2022-04-04"] == 24 * 3600


def test_a_reader_at_two_mirrors_is_one_visitor_and_two_visits(tmp_path: Path) -> None:
    from prepctl.memory.figures import fleet

    for name in "ab":
        made = Readers()
        made.visit(START + (0 if name == "a" else 600), 2)
        (tmp_path / name).write_bytes(made.text())
    done = engine.read({name: [tmp_path / name] for name in "ab"}, Plan(KEY), 1)
    window = Window(START, START + 86400 - 1, "America/Monterrey")
    summaries = [done[name][0] for name in "ab"]
    outlets = [of(name, name, summary, window) for name, summary in zip("ab", summaries, strict=True)]
    whole = fleet("all", summaries, outlets, window)
    assert (whole.totals["visits"], whole.totals["visitors"], whole.totals["pages"]) == (2, 1, 4)
    assert [one.totals["visits"] for one in outlets] == [1, 1]
