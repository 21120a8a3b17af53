"""Every format of a whole report, read back by a strict reader of that format."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import example_reports as examples
import pytest
from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json, report_html
from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import Words
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from prepctl.errors import PrepctlError
from prepctl.report import FORMATS, formats, junit, openmetrics, paper, source, tables

ES, EN = Words("es"), Words("en")
DIGEST = "0123456789abcdef" * 4


def rows(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def test_all_formats_from_one_file(tmp_path: Path) -> None:
    report = source.read(examples.lay(tmp_path, examples.whole()))
    written = formats.write(report, list(FORMATS), ES, tmp_path / "out")
    assert sorted(path.name for path in written) == [
        "action_plan.csv", "compliance.html", "compliance.json", "compliance.pdf", "compliance.prom", "junit.xml",
        "matrix.csv", "results.csv", "summary.pdf",
    ]  # fmt: skip
    assert (tmp_path / "out" / "compliance.json").read_bytes() == report.path.read_bytes()
    assert report.digest in (tmp_path / "out" / "compliance.html").read_text(encoding="utf-8")
    assert list((tmp_path / "out").glob(".*")) == [], "no file is left half named"


def test_nothing_is_written_when_one_format_fails(tmp_path: Path) -> None:
    model = examples.small()
    del model["run"]["institute"]
    report = source.read(examples.lay(tmp_path, model))
    with pytest.raises(PrepctlError, match="expected a whole report of schema 1"):
        formats.write(report, ["csv", "html"], ES, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unknown_format_and_language() -> None:
    with pytest.raises(PrepctlError, match="expected some of json, html, pdf"):
        formats.chosen("html,doc")
    assert formats.chosen("all") == list(FORMATS)


# HTML


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_loads_nothing() -> None:
    text = report_html.render(examples.whole(), DIGEST)
    page = Page(text)
    for tag, attributes in page.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base"), tag
        assert "src" not in attributes and not any(name.startswith("on") for name in attributes)
    assert "url(" not in text and "@import" not in text
    links = {attributes["href"] for tag, attributes in page.tags if tag == "a"}
    # Readers may follow a clause to its text, and nothing else.
    outside = {link.partition("#")[0] for link in links if not link.startswith("#")}
    assert outside == {"https://www.iepcdurango.example/anexo", examples.whole()["run"]["call_document"]["url"]}
    anchors = {attributes.get("id") for _tag, attributes in page.tags}
    assert {link[1:] for link in links if link.startswith("#")} <= anchors
    policy = next(attributes["content"] for tag, attributes in page.tags if attributes.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (ES, ["Qué hacer primero", "Restauración automática", "Índice de cláusulas", "La dispensa venció", "impugnado",
              "Dispensa vencida", "el nodo de control", "En este estado desde el 20 de noviembre de 2026",
              "3 evaluaciones"]),
        (EN, ["What to do first", "Automatic restore", "Index of clauses", "The waiver has expired", "disputed",
              "Expired waiver", "the control node", "In this state since 20 November 2026", "3 evaluations"]),
    ],
)  # fmt: skip
def test_the_page_says(words: Words, told: list[str]) -> None:
    history = {"difusor12": {"apache.syntax": {"since": "2026-11-20T18:00:00Z", "runs": 3}}}
    text = report_html.render(examples.whole(), DIGEST, words, history)
    assert f'<html lang="{words.lang}">' in text
    for phrase in told:
        assert phrase in text, phrase
    assert "ansible-playbook site.yml -i diffusers.ini --tags apache --limit difusor12" in text


def test_what_was_not_evaluated_looks_unlike_what_passed() -> None:
    text = report_html.render(examples.whole(), DIGEST)
    cells = dict(
        re.findall(r'class="state s-(\w+)" href="#d\d+c\d+" aria-label="[^"]*" title="[^"]*"><i[^>]*>(.)</i>', text)
    )
    assert {"pass", "fail", "no_evidence", "error", "unreachable", "waived", "attested", "disputed"} <= set(cells)
    assert len(set(cells.values())) == len(cells)


# Tables


def test_matrix_and_long_form_agree() -> None:
    model = examples.whole()
    matrix, long = rows(tables.matrix(model, ES)), rows(tables.results(model, ES))
    assert len(matrix) == 4 and len(matrix[0]) == 3 + model["summary"]["controls"]
    assert len(long) == 1 + 3 * model["summary"]["controls"]
    states = {(line[0], f"{line[2]} {line[3]}"): line[6] for line in long[1:]}
    assert states == {
        (line[0], head): cell for line in matrix[1:] for head, cell in zip(matrix[0][3:], line[3:], strict=True)
    }
    assert matrix[2][1] == "Periódico Ñandú y Cigüeña"


def test_the_plan_of_action_is_what_is_open_required_first_and_empty_columns() -> None:
    plan = rows(tables.action_plan(examples.whole(), ES))
    assert plan[0][-3:] == ["Causa", "Responsable del medio", "Fecha compromiso"]
    assert all(line[-3:] == ["", "", ""] for line in plan[1:])
    severities = [line[4] for line in plan[1:]]
    assert severities == sorted(severities), "obligatorio before recomendado"
    assert not any(line[0] == "difusor11" and "system.maintained" in line[8] for line in plan)
    assert any(line[8].startswith("ansible-playbook site.yml") and "--limit difusor12" in line[8] for line in plan)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", ' "=1', "a;=1", "a\n=1"]
)
def test_formulas_are_neutral(cell: str) -> None:
    assert re.search(r"(^|[;\t\r\n])[\s\"]*[=+\-@＝＋－＠]", cell), "the test would not see it"
    assert not re.search(r"(^|[;\t\r\n])[\s\"]*[=+\-@＝＋－＠]", tables.neutral(cell))
    assert tables.neutral("a - b = c, d@e.example") == "a - b = c, d@e.example"


# JUnit


def test_junit_counts_and_never_says_two_things() -> None:
    model = examples.whole()
    root = ET.fromstring(junit.render(model, ES))
    assert [suite.get("name") for suite in root] == ["difusor11", "difusor12", "difusor13"]
    found: dict[tuple[str, str], str] = {}
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases) == model["summary"]["controls"]
        for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == len(suite.findall(f"testcase/{tag}"))
        for case in cases:
            assert len(case) <= 1
            found[suite.get("name", ""), case.get("name", "").split()[-1]] = case[0].tag if len(case) else "pass"
    assert found["difusor11", "system.maintained"] == "skipped"
    assert found["difusor12", "apache.syntax"] == "failure"
    assert found["difusor12", "sshd.root_password"] == "error"
    assert found["difusor12", "apache.trace"] == "failure", "a disputed failure still counts"
    assert found["difusor13", "apache.answers"] == "error"
    assert found["difusor13", "documents.logo"] == "pass"


# OpenMetrics


def families(data: bytes) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(data.decode("utf-8"))}


def test_openmetrics_is_read_by_prometheus_own_parser() -> None:
    model = examples.whole()
    data = openmetrics.render(model, DIGEST)
    assert data.endswith(b"# EOF\n")
    found = families(data)
    verdicts = {
        one.labels["diffuser"]: one.labels["prep_verdict"] for one in found["prep_verdict"].samples if one.value == 1
    }
    assert verdicts == {one["name"]: one["verdict"] for one in model["diffusers"]}
    assert len(found["prep_control_open"].samples) == 3 * model["summary"]["controls"]
    assert found["prep_report_finished_seconds"].samples[0].value == 1795492810


def test_labels_are_bounded_and_stay_apart() -> None:
    model = examples.small()
    other = examples.small()["diffusers"][0]
    model["diffusers"].append(other)
    model["diffusers"][0]["name"], other["name"] = "x" * 5000 + "1", "x" * 5000 + "2"
    examples.recount(model)
    names = {one.labels["diffuser"] for one in families(openmetrics.render(model, DIGEST))["prep_verdict"].samples}
    assert len(names) == 2 and max(map(len, names)) <= openmetrics.LABEL_LIMIT


# Paper


def characters(pdf: bytes) -> str:
    """Every character that the PDF's fonts are told to stand for."""
    found = ""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        try:
            text = zlib.decompressobj().decompress(stream)
        except zlib.error:
            continue
        if b"beginbfchar" in text or b"beginbfrange" in text:
            found += "".join(
                bytes.fromhex(one.decode()).decode("utf-16-be") for one in re.findall(rb"> <([0-9A-F]{4,})>", text)
            )
    return found


def test_the_pdf_has_the_spanish_letters_and_is_the_same_again() -> None:
    model = examples.whole()
    first = paper.report(model, DIGEST, ES)
    assert first.startswith(b"%PDF-") and first == paper.report(model, DIGEST, ES)
    assert set("áéíóúñüÁ✓✗✎≠–") <= set(characters(first)) | {"Á"}


def test_one_page_for_each_diffuser_after_the_fleets() -> None:
    model = examples.whole()
    three = len(paper.pages("report.typ", model, DIGEST, ES))
    model["diffusers"] *= 2
    assert len(paper.pages("report.typ", model, DIGEST, ES)) == three + 3


def test_a_diffuser_that_meets_nothing_still_has_one_page() -> None:
    model = examples.whole()
    before = len(paper.pages("report.typ", model, DIGEST, ES))
    one = model["diffusers"][0]
    one.update(outlet="Ancho " * 60, reason="Porque sí. " * 60, domain="largo." * 60)
    for entry in one["results"]:
        entry.update(result="fail", treatment="none", basis=None, found="Ｗ" * 400)
    examples.recount(model)
    # The fleet's own pages grow with what there is to do; each diffuser's do not.
    fleet = len(paper.pages("report.typ", dict(model, diffusers=[one]), DIGEST, ES)) - 1
    assert len(paper.pages("report.typ", dict(model, diffusers=[one] * 3), DIGEST, ES)) in (fleet + 3, fleet + 4)
    assert before >= 3


@pytest.mark.parametrize("outlets", [1, 30, 60, 120])
def test_the_committees_page_is_one(outlets: int) -> None:
    model = examples.small()
    model["diffusers"][0]["outlet"] = "Organización de Periódicos del Estado de Durango, A. C. " * 3
    model["diffusers"] *= outlets
    assert len(paper.pages("summary.typ", model, DIGEST, ES)) == 1


# The canonical form


def test_canonical_json() -> None:
    assert canonical_json.dumps({"\u20ac": 1, "\r": 2, "1": 3, "\U0001f600": 4, "\ufb33": 5}).decode() == (
        '{"\\r":2,"1":3,"\u20ac":1,"\U0001f600":4,"\ufb33":5}'
    ), "by UTF-16 code units, as RFC 8785 has it in its example"
    assert canonical_json.dumps(["\u20ac$\u000f\nA'\"\\\u0080", True, None]).decode() == (
        '["\u20ac$\\u000f\\nA\'\\"\\\\\u0080",true,null]'
    )


@pytest.mark.parametrize("value", [1.0, float("nan"), 2**53, "\ud800", {1: 2}, {"\udc00": 1}, b"x", {1, 2}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(canonical_json.CanonicalError):
        canonical_json.dumps({"there": [value]})


@pytest.mark.parametrize(
    "data", [b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"a":1}\n', b'"\\u0041"', b"1.0", b"\xff", b"[" * 99999]
)
def test_what_is_written_otherwise_is_refused(data: bytes) -> None:
    with pytest.raises(canonical_json.CanonicalError):
        canonical_json.loads(data)
