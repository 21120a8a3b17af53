"""Lines of a log: many at once and one at a time say the same, and what is no line is told as such."""

from __future__ import annotations

import ipaddress
import json
from datetime import datetime, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prepctl.memory import clock, fast, requests
from prepctl.memory.lines import parse, real

PREP = (
    b'10.1.2.3 - - [05/Jun/2022:20:00:01 -0500] "GET /a.html?x=1 HTTP/1.1" 200 1234 "https://p.example/" '
    b'"Mozilla/5.0 (X)" "prep.example" https 1500 1544 321 1654477201123'
)
COMBINED = b'2001:db8::7 - maria [05/Jun/2022:20:00:01 +0000] "GET / HTTP/1.0" 304 - "-" "Mozilla/5.0"'
VHOST = b"www.example:443 " + COMBINED
COMMON = b'10.1.2.3 - - [05/Jun/2022:20:00:01 -0500] "GET / HTTP/1.0" 200 12'
GOOD = (PREP, COMBINED, VHOST, COMMON)


def rows_of(lines: list[bytes]) -> dict[int, tuple[object, ...]]:
    """What the fast way makes of lines, by number."""
    batch, left, starts, ends = fast.split(b"".join(line + b"\n" for line in lines))
    taken = [number for number in range(len(lines)) if number not in set(left.tolist())]
    assert len(taken) == (0 if batch is None else len(batch))
    for number, start, end in zip(left.tolist(), starts.tolist(), ends.tolist(), strict=True):
        assert b"".join(line + b"\n" for line in lines)[start:end] == lines[number]
    if batch is None:
        return {}
    import numpy as np

    from prepctl.memory.lines import who

    every = np.arange(len(batch))
    address, referer = batch.addresses(every), batch.referers(every)
    return {
        line: (
            who(address.values[address.codes[n]]),
            batch.request.values[batch.request.codes[n]],
            referer.values[referer.codes[n]],
            batch.agent.values[batch.agent.codes[n]],
            int(batch.epoch[n]),
            int(batch.status[n]),
            int(batch.size[n]),
            int(batch.micros[n]),
            int(batch.sent[n]),
            int(batch.received[n]),
        )
        for n, line in enumerate(taken)
    }


def test_a_line_of_role_apache_is_read_whole() -> None:
    row = parse(PREP)
    assert row is not None and row.epoch == 1654477201 and row[5:] == (200, 1234, 1500, 1544, 321)
    assert (row.address, row.request, row.agent) == (b"10.1.2.3", b"GET /a.html?x=1 HTTP/1.1", b"Mozilla/5.0 (X)")
    assert rows_of([PREP] * 3) == {0: tuple(row), 1: tuple(row), 2: tuple(row)}


@pytest.mark.parametrize("line", GOOD)
def test_common_combined_and_vhost_logs(line: bytes) -> None:
    row = parse(line)
    assert row is not None
    assert row.address == (b"2001:db8::7" if b"maria" in line else b"10.1.2.3")
    assert all(found == tuple(row) for found in rows_of([line, line]).values())


def test_common_lines_do_take_the_fast_way() -> None:
    assert len(rows_of([PREP] * 5)) == 5 and len(rows_of([COMBINED, VHOST, COMBINED])) == 3


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"-",
        b"AH00094: Command line",
        b"\x16\x03\x01\x02",
        PREP[:60],
        PREP.replace(b"Jun", b"Foo"),
        PREP.replace(b"05/Jun", b"31/Jun"),
        PREP.replace(b" 200 ", b" 2x0 "),
        PREP.replace(b" 1234 ", b" 12e4 "),
        PREP.replace(b"20:00:01", b"25:00:01"),
        PREP.replace(b"-0500", b"-9900"),
        b'{"time": "x"}',
        b"{",
        b"[]",
        PREP + b"x" * 70_000,
    ],
)
def test_what_is_no_line_is_none(line: bytes) -> None:
    assert parse(line) is None
    assert rows_of([line, PREP, PREP]).keys() == {1, 2}


def test_escaped_quotes_are_text_and_not_the_end_of_one() -> None:
    tv = PREP.replace(b"(X)", rb"(TV \"55in\") \\")
    row = parse(tv)
    assert row is not None and row.agent == rb"Mozilla/5.0 (TV \"55in\") \\"
    # In a combined line two escaped marks are not the host that role apache logs.
    combined = COMBINED.replace(b'"Mozilla/5.0"', rb'"a \"b\" c"')
    assert parse(combined) is not None
    for line, found in rows_of([tv, PREP, combined, PREP, PREP]).items():
        assert found == tuple(parse([tv, PREP, combined, PREP, PREP][line]) or ())


mangled = st.tuples(st.sampled_from(GOOD), st.integers(0, 200), st.integers(0, 5), st.binary(max_size=6)).map(
    lambda one: one[0][: one[1]] + one[3].replace(b"\n", b"") + one[0][one[1] + one[2] :]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(GOOD), mangled), min_size=1, max_size=12))
@example([PREP, PREP.replace(b" 1500 ", b" 0x1F "), PREP.replace(b" 1500 ", b" -7 "), PREP.replace(b" 1500 ", b" +7 ")])
@example([PREP, PREP.replace(b" 1234 ", b" - "), PREP.replace(b" 1234 ", b" 99999999999999999999 ")])
@example([PREP, b'"""""""" ' + PREP, PREP.replace(b"https 1500", b"gopher 1500"), PREP.replace(b'" "', b'"" ')])
@example([b'x [05/Jun/2022:20:00:01 -0500] "GET / HTTP/1.1" 200 5 "-" "-"', COMBINED, COMBINED])
def test_both_ways_agree(lines: list[bytes]) -> None:
    for number, found in rows_of(lines).items():
        row = parse(lines[number])
        assert row is not None and found == tuple(row), lines[number]


@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime(2000, 1, 2), datetime(2199, 12, 30)), st.integers(-14 * 60 + 1, 14 * 60 - 1))
def test_clock_is_that_of_the_standard_library(moment: datetime, minutes: int) -> None:
    from datetime import timedelta

    at = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    text = f"{at:%d}/{list(clock.MONTHS_OF_APACHE)[at.month - 1].decode()}/{at:%Y:%H:%M:%S %z}"
    expected = int(at.timestamp())
    assert clock.epoch(text.encode()) == (expected if clock.EARLIEST <= expected < clock.LATEST else None)


def test_json_by_its_usual_names() -> None:
    for entry in (
        {
            "remote_addr": "10.1.2.3",
            "time": "2022-06-05T20:00:01-05:00",
            "request": "GET / HTTP/1.1",
            "status": 200,
            "bytes": 7,
        },
        {
            "clientip": "10.1.2.3",
            "@timestamp": "2022-06-06T01:00:01Z",
            "verb": "GET",
            "uri": "/",
            "response": "200",
            "size": "7",
        },
        {
            "client": "10.1.2.3",
            "time": 1654477201123,
            "method": "GET",
            "path": "/",
            "status": 200,
            "bytes": 7,
            "user_agent": None,
        },
        {
            "remote_addr": "10.1.2.3",
            "time_local": "05/Jun/2022:20:00:01 -0500",
            "request": "GET / HTTP/1.1",
            "status": "200",
            "b": 7,
        },
    ):
        row = parse(json.dumps(entry).encode())
        assert row is not None
        assert (row.address, row.request, row.epoch, row.status, row.size) == (
            b"10.1.2.3",
            b"GET / HTTP/1.1",
            1654477201,
            200,
            7,
        )
    assert parse(b'{"remote_addr": "10.1.2.3", "time": "2022-06-05T20:00:01", "status": 200}') is None  # in no zone


def test_behind_a_cdn_the_reader_counts_and_nobody_else_is_believed() -> None:
    cdn = (ipaddress.ip_network("203.0.113.0/24"),)
    assert real(b"203.0.113.9", b"198.51.100.7, 203.0.113.4", cdn) == b"198.51.100.7"
    # A reader can write what it likes before what the CDN adds.
    assert real(b"203.0.113.9", b"1.1.1.1, 198.51.100.7", cdn) == b"198.51.100.7"
    assert real(b"198.51.100.7", b"1.1.1.1", cdn) == b"198.51.100.7"
    line = COMBINED.replace(b"2001:db8::7", b"203.0.113.9") + b' "1.1.1.1, 198.51.100.7"'
    row = parse(line, cdn)
    assert row is not None and row.address == b"198.51.100.7"
    assert (parse(line) or row).address == b"203.0.113.9"


@pytest.mark.parametrize(
    ("request_line", "kind"),
    [
        (b"GET / HTTP/1.1", "page"),
        (b"GET /a/b?x=/c.json HTTP/2.0", "page"),
        (b"GET /A.HTML HTTP/1.1", "page"),
        (b"GET http://h/x/ HTTP/1.1", "page"),
        (b"GET /datos/corte.json HTTP/1.1", "data"),
        (b"GET /x.JSON?a=/ HTTP/1.1", "data"),
        (b"GET /css/a.css HTTP/1.1", "part"),
        (b"HEAD / HTTP/1.1", "other"),
        (b"POST / HTTP/1.1", "other"),
        (b"-", "other"),
        (b"\\x16\\x03", "other"),
        (b"GET", "other"),
        (b"OPTIONS * HTTP/1.0", "other"),
    ],
)
def test_pages_are_documents_and_never_json(request_line: bytes, kind: str) -> None:
    assert requests.KINDS[requests.classify(request_line)[0]] == kind
