"""Where an outlet stands: the model, a table, a page and JSON of it."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import load_call

from prepctl import cli
from prepctl.status import page, standing, words

CALL = load_call("dgo_2022")
HANDED = {slug: {"date": "2022-05-19"} for slug in ("expression_of_interest", "infrastructure", "commitment", "logo")}
OUTLET = {"prep_outlet": {"name": "El <b>Mural</b>"}, "prep_documents": HANDED}
REPORT = {
    "run": {"id": "r1", "finished": "2022-05-20T10:00:00Z"},
    "diffusers": [{"name": "uno", "verdict": "APTO", "contact": "reached"}],
}


def drill(day: str, received: int = 3, hour: str = "18:00:00+00:00") -> dict[str, Any]:
    return {
        "actual": {"start": f"{day}T{hour}"},
        "mirrors": [{"mirror": "uno", "expected": 3, "received": received, "missed": 3 - received}],
    }


def stand(today: str, *, outlet: Any = OUTLET, reports: Any = (REPORT,), drills: Any = ()) -> dict[str, Any]:
    found = standing.build(CALL, [("uno", outlet)], reports, drills, date.fromisoformat(today))
    return dict(found["diffusers"][0])


def test_one_on_time_is_behind_with_nothing() -> None:
    one = stand("2022-05-25", drills=[drill("2022-05-22")])
    assert one["behind"] == []
    assert one["documents"]["handed_over"] == one["documents"]["asked"] == 4  # the memoria is not due yet
    assert one["drills"] == {
        "passed": 1, "of": 2,
        "each": [
            {"date": "2022-05-22", "state": "passed", "received": 3, "expected": 3},
            {"date": "2022-05-29", "state": "to_come"},
        ],
    }  # fmt: skip
    assert (one["next"]["slug"], one["next"]["days_left"]) == ("installation", 2)


def test_a_document_is_awaited_then_overdue_and_late_when_it_comes() -> None:
    outlet = copy.deepcopy(OUTLET)
    del outlet["prep_documents"]["commitment"]
    (awaited,) = [
        each for each in stand("2022-05-25", outlet=outlet)["documents"]["each"] if each["slug"] == "commitment"
    ]
    assert (awaited["days_left"], awaited["late"]) == (2, False)
    # The last day is a day still.
    assert stand("2022-05-27", outlet=outlet, drills=[drill("2022-05-22")])["behind"] == []
    overdue = stand("2022-05-28", outlet=outlet, drills=[drill("2022-05-22")])
    assert overdue["behind"] == ["commitment"]
    assert overdue["next"] == {
        "kind": "document", "slug": "commitment", "title": {"es": "Carta compromiso", "en": "Written commitment"},
        "date": "2022-05-27", "days_left": -1,
    }  # fmt: skip
    outlet["prep_documents"]["commitment"] = {"date": "2022-05-28"}
    late = stand("2022-05-28", outlet=outlet, drills=[drill("2022-05-22")])
    assert words.documents(late, "es")[1] == "bad" and late["behind"] == []
    assert "tarde: Carta compromiso (2022-05-28 > 2022-05-27)" in words.remarks(late, "es")


def test_the_memoria_is_asked_for_from_its_day_on() -> None:
    assert stand("2022-06-12")["documents"]["asked"] == 4
    assert stand("2022-06-13")["documents"]["asked"] == 5


def test_an_own_presentation_is_asked_only_of_who_declares_one() -> None:
    outlet = {**OUTLET, "prep_outlet": {"name": "x", "own_presentation": True}}
    assert stand("2022-05-25", outlet=outlet)["documents"]["asked"] == 5


@pytest.mark.parametrize(
    ("drills", "state"),
    [
        ([], "no_record"), ([drill("2022-05-22", 2)], "missed"), ([drill("2022-05-21")], "no_record"),
        # By the clocks of the call: 02:00 UTC is the evening before.
        ([drill("2022-05-23", hour="02:00:00+00:00")], "passed"),
        # What was repeated on the same day counts.
        ([drill("2022-05-22", 1), drill("2022-05-22", 3)], "passed"),
    ],
)  # fmt: skip
def test_a_drill_is_one_of_the_calls_days(drills: list[dict[str, Any]], state: str) -> None:
    one = stand("2022-05-24", drills=drills)
    assert one["drills"]["each"][0]["state"] == state
    assert ("drills:2022-05-22" in one["behind"]) == (state != "passed")


def test_compliance_is_asked_once_the_server_is_due() -> None:
    unfit = copy.deepcopy(REPORT)
    unfit["diffusers"][0].update(verdict="NO APTO")
    assert "compliance" not in stand("2022-05-22", reports=[unfit])["behind"]
    assert "compliance" in stand("2022-05-28", reports=[unfit])["behind"]
    # The latest word on each counts, though a run was of others only.
    other = {"run": {"id": "r3", "finished": "2022-05-30"}, "diffusers": [{"name": "dos", "verdict": "NO APTO"}]}
    assert stand("2022-05-28", reports=[unfit, REPORT, other])["compliance"]["verdict"] == "APTO"
    assert stand("2022-05-28", reports=[])["compliance"] == {
        "verdict": None,
        "run": None,
        "finished": None,
        "fit": False,
    }


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_page_escapes_what_others_wrote(lang: str) -> None:
    status = standing.build(CALL, [("uno", OUTLET)], [REPORT], [], date(2022, 5, 25))
    text = page.render(status, lang)
    assert "El &lt;b&gt;Mural&lt;/b&gt;" in text and "<b>" not in text
    assert f'<html lang="{"es-MX" if lang == "es" else "en"}">' in text
    assert ("FIT" in text) == (lang == "en")


def test_the_words_are_the_same_in_both_languages() -> None:
    assert set(words.WORDS["es"]) == set(words.WORDS["en"])


WORKSPACE = Path(__file__).resolve().parents[3] / "inventories" / "example"


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the example, which has no report."""
    monkeypatch.setenv("COLUMNS", "100")
    place = tmp_path / "avance.html"

    def run(*words: str) -> int:
        with pytest.raises(SystemExit) as ended:
            cli.main(["status", "-w", str(WORKSPACE), *words])
        return int(ended.value.code or 0)

    assert run("--as-of", "2022-05-21", "--html", str(place), "--lang", "es") == 0
    out = capsys.readouterr().out
    assert "difusor-ejemplo" in out and "sin informe" in out and out.rstrip().endswith(str(place))
    assert "El Periódico de Ejemplo" in place.read_text(encoding="utf-8")
    assert run("--as-of", "2022-05-28", "--json") == 2
    status = json.loads(capsys.readouterr().out)
    assert status["behind"] == ["difusor-ejemplo"]
    assert status["diffusers"][0]["behind"] == ["drills:2022-05-22", "compliance"]
