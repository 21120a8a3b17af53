"""The record of bans and refusals, and how the watch shows it."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from prepctl.intrusions import MOST_ENTRIES, Intrusions
from prepctl.watch import board, page
from prepctl.watch.service import View

MINUTE = 1_700_000_040
ENTRY = {"kind": "block", "source": "203.0.113.9", "rule": "942100", "what": "SQL", "minute": MINUTE, "count": 3}


def test_a_minute_that_is_told_again_replaces_what_was_known(tmp_path: Path) -> None:
    record = Intrusions(tmp_path)
    record.take("uno", [ENTRY])
    record.take("uno", [{**ENTRY, "count": 5}, {**ENTRY, "minute": MINUTE + 60}])
    assert [(one.minute, one.count) for one in record.since(0)] == [(MINUTE + 60, 3), (MINUTE, 5)]
    assert record.since(MINUTE + 60)[0].mirror == "uno"


def test_what_has_no_right_shape_is_not_taken(tmp_path: Path) -> None:
    record = Intrusions(tmp_path)
    record.take("uno", [{}, {**ENTRY, "kind": "x"}, {**ENTRY, "count": "many"}, {**ENTRY, "minute": -1}, "x"])  # type: ignore[list-item]
    assert record.since(0) == []


def test_a_server_can_t_write_into_the_future_nor_without_end(tmp_path: Path) -> None:
    record = Intrusions(tmp_path)
    record.take("uno", [{**ENTRY, "minute": 2**39}])
    assert record.since(0) == []
    record.take("uno", ({**ENTRY, "source": f"10.0.{number // 250}.{number % 250}"} for number in range(2000)))
    assert len(record.since(0)) == MOST_ENTRIES


def test_a_hostile_server_s_words_do_nothing_to_terminal_or_page(tmp_path: Path) -> None:
    record = Intrusions(tmp_path)
    record.take("uno", [{**ENTRY, "what": "\x1b[2J<script>alert(1)</script>\n[red]", "source": "9" * 99}])
    view = View(MINUTE, [None], ["uno"], None, [], {}, record.since(0))
    html = page.render(view, "America/Mexico_City", "PREP")
    assert "<script>" not in html and "&lt;script&gt;" in html
    console = Console(width=200, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115
    console.print(board.board(view, "America/Mexico_City"))
    text = console.export_text()
    assert "\x1b" not in text
    assert f"uno: {'9' * 45} rechazado por 942100 (" in text and "[red]), 3 veces" in text


def test_a_ban_is_said_as_one(tmp_path: Path) -> None:
    record = Intrusions(tmp_path)
    record.take("uno", [{**ENTRY, "kind": "ban", "rule": "sshd", "what": "", "count": 1}])
    html = page.render(View(MINUTE, [None], ["uno"], None, [], {}, record.since(0)), "America/Mexico_City", "PREP")
    assert "203.0.113.9 vetado por sshd</td>" in html
