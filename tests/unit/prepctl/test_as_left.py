"""What a run says of servers that it found as, or not as, the last whole run had left them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from prepctl.exit_codes import ExitCode
from prepctl.outcome import Collector, Outcome
from prepctl.output import print_outcome
from prepctl.runner import Event

SINCE = "2026-05-30T18:00:00Z"


def told(*compared: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, dict[str, Any]]]:
    """What a person and what a program is told after servers were compared with such results."""
    collected = Collector()
    for host, result in compared:
        collected(Event("runner_on_ok", host=host, action="iepc.prep.standing", result=result))
        # The record that a run keeps at its end says nothing of how the server was found.
        collected(Event("runner_on_ok", host=host, action="iepc.prep.standing", result={"changed": False}))
    outcome = Outcome("onboard", ExitCode.OK, list(collected.diffusers.values()), [], [], None, None, Path("log"), 1)
    out = io.StringIO()
    print_outcome(Console(file=out, width=200), outcome)
    return out.getvalue(), {one["name"]: one for one in outcome.as_dict()["diffusers"]}


def compared(stands: bool = False, *differs: str) -> dict[str, Any]:
    return {"stands": stands, "differs": list(differs), "since": SINCE, "anew": [], "inputs": "0"}


def test_how_many_stand_is_said_once() -> None:
    text, by_name = told(("uno", compared(True)), ("dos", compared(True)), ("tres", compared()))
    line = "as the last whole run left them, so no role was run (--thorough runs all): 2 of 3"
    assert text.splitlines().count(line) == 1
    assert (by_name["uno"]["stands_since"], by_name["tres"]["stands_since"]) == (SINCE, "")


def test_what_was_another_is_said_of_each() -> None:
    text, by_name = told(("uno", compared(False, "firewall", "bans")), ("dos", compared()))
    assert "uno: was not as it was left: firewall, bans" in text.splitlines()
    assert "dos:" not in text
    assert "--thorough" not in text
    assert by_name["uno"]["differs"] == ["firewall", "bans"]


def test_what_could_not_be_read_is_not_called_another() -> None:
    text, by_name = told(("uno", {**compared(), "unread": ["bans"]}))
    assert "uno: could not be compared: bans" in text.splitlines()
    assert "as it was left" not in text
    assert (by_name["uno"]["differs"], by_name["uno"]["unread"]) == ([], ["bans"])


def test_in_spanish_where_the_locale_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "es_MX.UTF-8")
    text, _by_name = told(("uno", compared(True)), ("dos", compared(False, "settings", "listeners")))
    assert "dos: no estaba como quedó: ajustes del núcleo, puertos en escucha" in text
    assert "como los dejó la última corrida completa" in text and text.count(": 1 de 2") == 1


def test_an_area_of_a_later_version_is_said_by_its_name() -> None:
    assert "uno: was not as it was left: clocks" in told(("uno", compared(False, "clocks")))[0]
