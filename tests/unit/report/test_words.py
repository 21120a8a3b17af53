"""One table of words: complete in both languages, and nothing said past it."""

from __future__ import annotations

import re
import string

import pytest
from ansible_collections.iepc.prep.plugins.module_utils import verdict
from ansible_collections.iepc.prep.plugins.plugin_utils import report_words as table
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import COLLECTION


def test_every_state_verdict_and_phrase_has_both_languages() -> None:
    assert set(table.STATES) == {*verdict.RESULTS, "waived", "attested", "disputed"}
    assert set(table.VERDICTS) == set(verdict.VERDICTS)
    assert len({icon for icon, *_words in table.STATES.values()}) == len(table.STATES), "a state is told by its shape"
    texts = [*table.PHRASES.values(), *table.RECOMMENDATIONS.values(), *table.SEVERITIES.values()]
    for spanish, english in texts:
        assert spanish and english
        assert _fields(spanish) == _fields(english), spanish


def _fields(text: str) -> set[str]:
    return {field for _text, field, _spec, _conversion in string.Formatter().parse(text) if field}


def test_the_template_says_nothing_itself() -> None:
    """Every word of the page comes from the table: none is left in Spanish when it is asked for in English."""
    template = (COLLECTION / "roles/compliance/templates/compliance.html.j2").read_text(encoding="utf-8")
    template = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", " ", template, flags=re.S)
    assert set(re.findall(r"[^\W\d]{3,}", template)) <= {
        "iepc",
        "prep",
        "ansible",
        "core",
        "IPv",
        "SHA",
        "compliance",
        "json",
    }


@pytest.mark.parametrize(
    ("lang", "told"),
    [("es", "5 de junio de 2022, 20:00 h (UTC-5)"), ("en", "5 June 2022, 20:00 (UTC-5)")],
)
def test_times_are_told_in_the_calls_zone(lang: str, told: str) -> None:
    assert table.Words(lang, "America/Monterrey").moment("2022-06-06T01:00:00Z") == told
    assert table.Words(lang, "America/Monterrey").moment("whenever") == "whenever"
    assert "UTC-6" in table.Words(lang, "America/Monterrey").moment("2027-06-07T02:00:00Z")


def test_clauses_are_in_the_calls_order() -> None:
    clauses = ["II.1", "I.10", "IV", "I.2", "III", "I.1", "II.10", "II.2"]
    assert sorted(clauses, key=table.clause_order) == ["I.1", "I.2", "I.10", "II.1", "II.2", "II.10", "III", "IV"]
    assert [table.SECTIONS[table.section_of(one)][0] for one in ("I.1", "II.10", "II.1", "IX.4")] == [
        "I",
        "II",
        "II.1",
        "",
    ]


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="es or en"):
        table.Words("fr")
