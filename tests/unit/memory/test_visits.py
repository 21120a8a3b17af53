"""Visits as IFABC and JICWEBS define them: whatever parts and order they are added in, as from all pages at once."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prepctl.memory.sums import Sums, Top
from prepctl.memory.visits import GAP_S, Visits

# Gaps around the limit, ties, and around midnight.
moments = st.one_of(
    st.integers(0, 4 * GAP_S),
    st.sampled_from([86400 - 1, 86400, 86400 + GAP_S - 2, 86400 + GAP_S - 1, 86400 + GAP_S, 0, GAP_S, GAP_S - 1]),
)
views = st.lists(st.tuples(st.sampled_from([0, 1, 7, 2**63 + 5, 2**64 - 1]), moments), max_size=60)


def naive(seen: list[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    """Sort all pages of a reader, and cut where half an hour or more passed."""
    by_reader: dict[int, list[int]] = defaultdict(list)
    for reader, at in seen:
        by_reader[reader].append(at)
    found = []
    for reader, times in by_reader.items():
        times.sort()
        first = last = times[0]
        pages = 0
        for at in times:
            if at - last >= GAP_S:
                found.append((reader, first, last, pages))
                first, pages = at, 0
            last, pages = at, pages + 1
        found.append((reader, first, last, pages))
    return sorted(found)


def of(visits: Visits) -> list[tuple[int, int, int, int]]:
    return sorted(tuple(row) for part in visits.parts() for row in part.tolist())


def added(parts: list[list[tuple[int, int]]], **more: object) -> Visits:
    visits = Visits(**more)  # type: ignore[arg-type]
    for part in parts:
        if part:
            visits.add_pages(np.array([one[0] for one in part], dtype=np.uint64), np.array([one[1] for one in part]))
    return visits


@settings(max_examples=150, deadline=None)
@given(views)
@example([(1, 0), (1, GAP_S)])
@example([(1, 0), (1, GAP_S - 1)])
@example([(1, 86400 - 60), (1, 86400 + 60)])
@example([(1, 5), (1, 5), (1, 5)])
def test_as_from_all_pages_at_once(seen: list[tuple[int, int]]) -> None:
    assert of(added([seen])) == naive(seen)


@settings(max_examples=150, deadline=None)
@given(st.lists(views, max_size=5), st.randoms(use_true_random=False))
@example([[(1, 0), (1, 2 * GAP_S)], [(1, GAP_S)], [(1, GAP_S // 2), (1, GAP_S + GAP_S // 2)]], None)
def test_files_and_mirrors_add_up_in_any_order(parts: list[list[tuple[int, int]]], chance: object) -> None:
    seen = [one for part in parts for one in part]
    shuffled = list(parts)
    if chance is not None:
        chance.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = Visits()
    for part in shuffled:
        whole.merge(added([part]))
    assert of(whole) == naive(seen)
    assert of(added(parts)) == naive(seen)


@settings(max_examples=25, deadline=None)
@given(st.lists(views, min_size=2, max_size=4))
def test_what_goes_to_disk_comes_back(parts: list[list[tuple[int, int]]]) -> None:
    visits = Visits(most=1)
    for part in parts:
        visits.merge(added([part]))
        visits._settle()
    assert of(visits) == naive([one for part in parts for one in part])
    place = visits._spilled
    visits.close()
    assert place is None or not place.exists()


def test_readers_of_a_part_are_in_no_other(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    visits = Visits(most=10, place=tmp_path)
    visits.add_pages(chance.integers(0, 2**63, 500, dtype=np.uint64) * np.uint64(2), chance.integers(0, 10**6, 500))
    visits._settle()
    readers = [set(part["reader"].tolist()) for part in visits.parts()]
    assert sum(map(len, readers)) == len(set().union(*readers)) and sum(map(bool, readers)) > 4
    visits.close()
    assert not list(tmp_path.iterdir())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.sampled_from([0, 5, -3, 10**9]), st.integers(0, 2**50)), max_size=20), max_size=5)
)
def test_sums_add_up(parts: list[list[tuple[int, int]]]) -> None:
    whole, expected = Sums(2), defaultdict(lambda: [0, 0])
    for part in parts:
        one = Sums(2)
        one.count(
            np.array([key for key, _ in part], dtype=np.int64),
            (None, np.array([value % 2**40 for _, value in part], dtype=np.int64)),
        )
        whole.merge(one)
        for key, value in part:
            expected[key][0] += 1
            expected[key][1] += value % 2**40
    keys, rows = whole.all()
    assert dict(zip(keys.tolist(), rows.tolist(), strict=True)) == dict(expected)


def test_too_many_texts_are_bounded_and_none_is_lost() -> None:
    top = Top(most=100)
    for number in range(5000):
        top.add(b"%d" % number, 1)
        top.add(b"often", 3)
    assert len(top.counts) <= 200 and top.total() == 20_000 and top.first(1) == [(b"often", 15_000)]
