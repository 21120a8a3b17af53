"""Incidents out of every log that tells them, and gaps in the access log itself."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from readers import OPENING, START

from prepctl.incidents import Incidents
from prepctl.memory import incidents
from prepctl.memory.figures import Window
from prepctl.memory.pseudonyms import Pseudonyms
from prepctl.memory.summary import FAILED, HITS, MINUTE_COLUMNS, PAGES

WINDOW = Window(START, START + 8 * 86400 - 1, "America/Monterrey", OPENING, OPENING + 86400)


def told(tmp_path: Path, kind: str, text: str, offset: str = "-0500") -> incidents.Told:
    path = tmp_path / f"{kind}.log.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return incidents.read("uno", {kind: [path]}, WINDOW, offset)


def test_bans_by_the_hour_restored_ones_left_out(tmp_path: Path) -> None:
    found = told(
        tmp_path,
        "fail2ban",
        """\
2022-06-05 20:10:00,101 fail2ban.filter         [1]: INFO    [apache-noscript] Found 198.51.100.7 - 2022-06-05 20:10:00
2022-06-05 20:10:00,500 fail2ban.actions        [1]: NOTICE  [apache-noscript] Ban 198.51.100.7
2022-06-05 20:50:00,500 fail2ban.actions        [1]: NOTICE  [apache-noscript] Ban 2001:db8::9
2022-06-05 21:01:00,500 fail2ban.actions        [1]: NOTICE  [sshd] Ban 198.51.100.7
2022-06-05 21:02:00,500 fail2ban.actions        [1]: NOTICE  [sshd] Restore Ban 198.51.100.7
2022-06-05 21:30:00,500 fail2ban.actions        [1]: NOTICE  [sshd] Unban 198.51.100.7
2022-05-01 21:30:00,500 fail2ban.actions        [1]: NOTICE  [sshd] Ban 198.51.100.8
rubbish
""",
    )
    assert (found.bans, len(found.banned), found.by_jail) == (3, 2, {"apache-noscript": 2, "sshd": 1})
    assert [(one.kind, one.count, one.addresses, one.at) for one in found.happenings] == [
        ("ban", 2, 2, OPENING + 600),
        ("ban", 1, 1, OPENING + 3660),
    ]
    assert found.unread["fail2ban"] == 1


def test_requests_that_the_web_firewall_refused(tmp_path: Path) -> None:
    def entry(mark: str, message: str) -> str:
        return (
            f"--{mark}-A--\n[05/Jun/2022:20:10:00.123456 --0500] YpxX 198.51.100.7 4321 10.0.0.1 443\n"
            f"--{mark}-B--\nGET /?q=1 HTTP/1.1\n--{mark}-F--\nHTTP/1.1 403 Forbidden\n"
            f"--{mark}-H--\n{message}\n--{mark}-Z--\n\n"
        ).replace("--0500", "-0500")

    refused = (
        'Message: Warning. detected SQLi [file "x"] [id "942100"] [msg "SQL Injection Attack"] [tag "a"]\n'
        'Message: Access denied with code 403 [id "949110"] [msg "Score exceeded"]'
    )
    found = told(
        tmp_path,
        "modsecurity",
        entry("aaaa1111", refused) + entry("bbbb2222", "Apache-Error: x") + entry("cccc3333", refused),
    )
    assert found.refused == 2 and found.rules == {"942100 SQL Injection Attack": 2}
    assert [(one.kind, one.count, one.effect) for one in found.happenings] == [("waf", 2, "none")]


def test_a_refused_cut_lasts_until_the_next_one_is_shown(tmp_path: Path) -> None:
    lines = [
        {"at": "2022-06-06T01:00:05Z", "event": "shown", "cut": "a", "before": None},
        {"at": "2022-06-06T01:15:05Z", "event": "refused", "reason": "signature", "manifest_sha256": "0"},
        {"at": "2022-06-06T01:16:05Z", "event": "refused", "reason": "signature", "manifest_sha256": "0"},
        {"at": "2022-06-06T01:20:05Z", "event": "shown", "cut": "b", "before": "a"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    found = told(tmp_path, "activator", text + json.dumps({"MESSAGE": json.dumps(lines[1])}) + "\n[]\nx\n")
    refused = [one for one in found.happenings if one.kind == "refused"]
    assert (refused[0].at, refused[0].until, refused[0].count, refused[0].effect) == (
        OPENING + 905,
        OPENING + 1205,
        2,
        "old_cut",
    )
    assert found.unread["activator"] == 2


def test_rsync_and_errors_of_apache(tmp_path: Path) -> None:
    found = told(
        tmp_path,
        "rsync",
        """\
2022/06/05 20:10:00 [7] connect from UNKNOWN (203.0.113.5)
2022/06/05 20:10:01 [7] sent 65 bytes  received 1,234 bytes  total size 99
2022/06/05 20:11:00 [8] auth failed on module prep from UNKNOWN (198.51.100.7) for iepc: password mismatch
2022/06/05 20:12:00 [9] rsync error: error in rsync protocol data stream (code 12) at io.c(228) [receiver=3.2.7]
""",
    )
    assert found.pushes == 1
    assert {one.kind: one.count for one in found.happenings} == {"rsync_denied": 1, "rsync_error": 1}
    found = told(
        tmp_path,
        "error",
        """\
[Sun Jun 05 20:10:00.123456 2022] [mpm_event:error] [pid 1:tid 1] AH00484: server reached MaxRequestWorkers setting
[Sun Jun 05 20:11:00.123456 2022] [core:error] [pid 1:tid 1] [client 1.2.3.4:5] AH00126: Invalid URI
[Sun Jun 05 21:11:00.123456 2022] [mpm_event:notice] [pid 1:tid 1] AH00491: caught SIGTERM, shutting down
""",
    )
    assert [(one.kind, one.at) for one in sorted(found.happenings, key=lambda one: one.at)] == [
        ("max_workers", OPENING + 600),
        ("stopped", OPENING + 4260),
    ]


def minutes(pages: dict[int, int], failed: dict[int, int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    keys = np.array(sorted({*pages, *(failed or {})})) + OPENING // 60
    rows = np.zeros((len(keys), MINUTE_COLUMNS), dtype=np.int64)
    for number, key in enumerate((keys - OPENING // 60).tolist()):
        rows[number, HITS] = 10 * pages.get(key, 0) + (failed or {}).get(key, 0)
        rows[number, PAGES], rows[number, FAILED] = pages.get(key, 0), (failed or {}).get(key, 0)
    return keys, rows


def test_a_gap_counts_where_readers_were_expected() -> None:
    busy = {number: 20 for number in range(120) if not 60 <= number < 66}
    found = incidents.gaps("uno", minutes(busy), WINDOW)
    assert [(one.kind, one.at, one.until, one.detail) for one in found] == [
        ("gap", OPENING + 3600, OPENING + 3960, "20")
    ]
    # Where few came, nobody for a while is nothing.
    quiet = dict.fromkeys(range(0, 120, 7), 1)
    assert incidents.gaps("uno", minutes(quiet), WINDOW) == []
    # Nor is the time before the opening.
    before = dict.fromkeys((-300, -200), 20)
    assert incidents.gaps("uno", minutes({**before, 0: 20}), WINDOW) == []


def test_errors_of_the_server_are_one_incident_while_they_last() -> None:
    found = incidents.gaps("uno", minutes(dict.fromkeys(range(60), 20), dict.fromkeys(range(10, 15), 50)), WINDOW)
    assert [(one.kind, one.at, one.until, one.count) for one in found] == [
        ("server_errors", OPENING + 600, OPENING + 900, 250)
    ]


def test_the_control_nodes_record_as_database_and_as_export(tmp_path: Path) -> None:
    publication = tmp_path / "publication"
    known = Incidents(publication)
    known.open("uno", "down", "no contesta", {}, OPENING)
    known.close("uno", "down", OPENING + 600)
    known.open("uno", "stale", "atrasado", {}, OPENING + 900)
    found = incidents.record(publication).happenings(WINDOW)
    assert {(one.kind, one.at, one.until, one.effect) for one in found} == {
        ("down", OPENING, OPENING + 600, "no_results"),
        ("stale", OPENING + 900, None, "old_cut"),
    }
    export = tmp_path / "watch"
    export.mkdir()
    lines = "".join(json.dumps(one.as_dict()) + "\n" for one in known.all()) + '{"opened": "x"}\n'
    (export / "incidents.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    told_by_export = incidents.record(export)
    assert len(told_by_export.happenings(WINDOW)) == 2 and len(told_by_export.problems) == 1


def published(name: str, at: int, *, drill: bool = False) -> dict[str, Any]:
    return {"id": name, "clock": f"2022-06-05T20:{at // 60:02d}:00-05:00", "published": OPENING + at, "drill": drill}


def test_lags_are_those_of_real_cuts_and_the_first_time_each_was_seen() -> None:
    record = incidents.Record(
        cuts=[published("b", 900), published("a", 0), published("t", 1800, drill=True), published("c", -604800)],
        deliveries=[
            {"cut": "a", "mirror": "uno", "lag_s": 9.0},
            {"cut": "a", "mirror": "uno", "lag_s": 4.0},
            {"cut": "b", "mirror": "uno", "lag_s": 70.0},
            {"cut": "t", "mirror": "uno", "lag_s": 1.0},
            {"cut": "a", "mirror": "dos", "lag_s": 2.0},
            {"cut": "b", "mirror": "uno", "lag_s": None},
            {"cut": "c", "mirror": "uno", "lag_s": 2.0},
        ],
    )
    window = replace(WINDOW, cuts=record.cuts_of(WINDOW))
    assert [cut.clock for cut in window.cuts] == ["20:00", "20:15"] and not window.drill
    assert record.lags("uno", window) == [4.0, 70.0]
    # Without a record of cuts, what was delivered is all that is known.
    assert incidents.Record(deliveries=record.deliveries).lags("dos", WINDOW) == [2.0]


def test_where_nothing_real_was_published_the_cuts_are_a_drill_s() -> None:
    record = incidents.Record(
        cuts=[published("t", 60, drill=True), published("x", -9 * 86400), {"id": "y"}],
        deliveries=[{"cut": "t", "mirror": "uno", "lag_s": 1.0}, {"cut": "x", "mirror": "uno", "lag_s": 5.0}],
    )
    window = replace(WINDOW, cuts=record.cuts_of(WINDOW))
    assert window.drill and [cut.name for cut in window.cuts] == ["t"]
    assert record.lags("uno", window) == [1.0]
    assert record.problems == ["cuts: expected id, clock and published, got {'id': 'y'}"]


def test_addresses_have_other_names_and_the_same_one_always() -> None:
    names = Pseudonyms(b"k" * 32)
    assert names.of("2001:db8::1") == names.of("2001:0DB8:0::1") != Pseudonyms(b"j" * 32).of("2001:db8::1")
    text = names.text("de 198.51.100.7 y 2001:db8::1, a las 20:10:00, versión 1.2.3")
    assert "198.51" not in text and "2001:db8" not in text and "20:10:00" in text and "versión 1.2.3" in text
