"""Servers, outlets and files may be hostile: no traceback, nothing unescaped, nothing executed, in any format.

Property tests; with CI set they try the same examples each time.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import re
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import example_reports as examples
import pytest
from ansible_collections.iepc.prep.plugins.module_utils import report_model
from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json, report_html
from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import Words
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from test_schema import SCHEMA

from prepctl.errors import PrepctlError
from prepctl.report import FORMATS, differences, formats, source
from prepctl.report.history import History

settings.register_profile(
    "report",
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("report")

NASTY = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</style></script><!-- ]]> -->",
    "javascript:alert(1)",
    '{{ 7 * 7 }} {% raw %} #import "x" $x$ *a* _b_ @c \\ #read("/etc/passwd")',
    '=HYPERLINK("http://x","y")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "＝1+1",
    ";=1+1\t=2\r\n-3",
    "\u202egnp.exe\u2066\u061c",
    "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "\x00\x01\ufffe\uffff\ud800\udfff",
    "ñ" * 5000,
    "a\u0301" * 300 + "\U0001f5f3\U000e0001",
    '\n# EOF\nprep_verdict{diffuser="x"} 1',
    " ",
]
texts = st.one_of(st.sampled_from(NASTY), st.text(st.characters(), min_size=1, max_size=60))
FREE = ("outlet", "domain", "address", "reason", "system", "ssh_fingerprint")


def spoiled(text: str) -> dict[str, Any]:
    """A report that says a text wherever somebody else than the project decides what is said."""
    model = examples.brief()
    model["run"].update(controller=text, id=text, ansible_core=text)
    model["run"]["title"] = {"es": text, "en": text}
    model["run"]["institute"] = {"name": text, "unit": text, "short": text}
    for index, one in enumerate(model["diffusers"]):
        one.update(dict.fromkeys(FREE, text), name=f"{text}{index}")
        for entry in one["results"]:
            entry.update(found=text, expected=text, clause_url=text)
            for item in entry["evidence"]:
                item.update(source=text, at=text, excerpt=text, vantage=text, key=text)
            for record in (entry["basis"], entry.get("dispute")):
                if record:
                    record.update(dict.fromkeys(record, text))
        for each in one.get("vantage_points") or []:
            each.update(name=text, reason=text)
        for each in one.get("restores") or []:
            each["text"] = {"es": text, "en": text}
    for notice in model["notices"]:
        notice.update(text={"es": text, "en": text}, hosts=[text], at=text, control=text, record={"x": text})
    return model


class Structure(HTMLParser):
    """A page's elements and attributes, and where its links go: all that is not text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = [name if name not in ("href", "class", "id") else (name, value) for name, value in attrs]
        self.found.append((tag, told))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")


def _with_every(nasty: list[str]) -> Callable[[Any], Any]:
    """Hypothesis tries these first, then its own."""

    def decorate(test: Any) -> Any:
        for text in nasty:
            test = example(text)(test)
        return test

    return decorate


@functools.lru_cache(maxsize=1)
def honest_structure() -> list[Any]:
    return Structure(report_html.render(spoiled("texto"), "", Words("es"))).found


@given(st.text(st.characters(), min_size=1, max_size=60))
@settings(max_examples=5)
@_with_every(NASTY)
def test_no_text_gets_out_of_its_place(text: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        there = Path(directory)
        (there / "hostile.json").write_text(json.dumps(spoiled(text)), encoding="utf-8")
        report = source.read(there / "hostile.json")
        written = formats.write(report, list(FORMATS), formats.words_of(report, "es"), there / "out")
        hostile = {path.name: path.read_bytes() for path in written}
    if text.strip():  # what is empty to a person may be left out
        assert Structure(hostile["compliance.html"].decode("utf-8")).found == honest_structure()
    for name, data in hostile.items():
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069\u061c]", data.decode(
            "utf-8")) if not name.endswith((".pdf", ".json")) else data  # fmt: skip
    for name in ("matrix.csv", "results.csv", "action_plan.csv"):
        for row in csv.reader(io.StringIO(hostile[name].decode("utf-8-sig"), newline=""), strict=True):
            for cell in row:
                assert not re.search(r"(^|[;\t\r\n])[\s\"']*(?<!')[=+\-@＝＋－＠]", cell), cell
    ET.fromstring(hostile["junit.xml"])
    samples = [one for family in text_string_to_metric_families(hostile["compliance.prom"].decode("utf-8"))
               for one in family.samples if one.name == "prep_verdict"]  # fmt: skip
    assert len(samples) == 3 * 4
    assert hostile["compliance.pdf"].startswith(b"%PDF-") and hostile["summary.pdf"].startswith(b"%PDF-")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=12,
)
# The tests of the controls go through every shape of ruleset; here it would only cost time.
KEYS = sorted(set(examples.fixtures.evidence()["items"]) - {"firewall.nft"})


def host(**changes: Any) -> dict[str, Any]:
    found = examples.fixtures.host(**changes)
    if isinstance(found["evidence"], dict) and isinstance(found["evidence"].get("items"), dict):
        found["evidence"]["items"].pop("firewall.nft", None)
    return found


def judge(given_host: dict[str, Any]) -> dict[str, Any]:
    """The report on a host, held to everything that a report promises."""
    report = report_model.build(examples.fixtures.call(), [given_host], examples.fixtures.run())
    data = canonical_json.dumps(report)
    assert len(data) < 300000
    errors = [f"{one.json_path}: {one.message[:100]}" for one in Draft202012Validator(SCHEMA).iter_errors(report)]
    assert errors == []
    return report


@given(
    st.dictionaries(st.sampled_from(KEYS), values, min_size=1, max_size=4), st.sampled_from(["value", "error", "item"])
)
@settings(max_examples=25)
def test_garbled_evidence_is_a_report_and_no_traceback(garbage: dict[str, Any], where: str) -> None:
    spoiled_host = host()
    for key, value in garbage.items():
        if where == "item":
            spoiled_host["evidence"]["items"][key] = value
        else:
            spoiled_host["evidence"]["items"][key][where] = value
    judge(spoiled_host)


@given(texts)
def test_hostile_names_of_outlets_and_people(text: str) -> None:
    people = {"name": text, "post": text, "phone": text, "email": text, "hours": text}
    record = {"control": "ddos.provider", "text": text, "name": text, "post": text, "date": "2022-05-24"}
    judge(
        host(
            outlet={"name": text, "portal_urls": [text]}, domain=text, address=text, reason=text,
            contacts={"installation": people}, attestations=[record],
            documents={"logo": {"date": text, "file": text}},
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "evidence", [None, [], "truncated", {"items": []}, {"items": {"httpd": None}}, {"items": {"httpd": {"value": {}}}}]
)
def test_evidence_of_another_shape(evidence: Any) -> None:
    report = judge(host(evidence=evidence, probes=["x", {"items": 3}, {}]))
    assert report["diffusers"][0]["verdict"] != "APTO"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"\xff\xfe" + data,
        lambda data: b"[" * 200000,
        lambda data: b"null",
        lambda data: b'{"schema":2}',
        lambda data: data.replace(b'"diffusers":[', b'"diffusers":[7,'),
        lambda data: data.replace(b'"result":', b'"resulted":'),
        lambda data: b"",
    ],
)
def test_a_file_that_is_no_report_is_one_line(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(spoil(canonical_json.dumps(examples.whole())))
    for name in set(FORMATS) - {"json"}:
        with pytest.raises(PrepctlError) as problem:
            report = source.read(path)
            formats.write(report, [name], formats.words_of(report, "es"), tmp_path / "out")
        assert str(path) in str(problem.value) and "\n" not in str(problem.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("unknown", [(b'"NO APTO"', b'"MUY APTO"'), (b'"unit"', b'"unity"'), (b'"fail"', b'"meh"')])
def test_a_report_of_unknown_words_is_one_line(unknown: tuple[bytes, bytes], tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(canonical_json.dumps(examples.whole()).replace(*unknown))
    report = source.read(path)
    with pytest.raises(PrepctlError, match="expected a whole report of schema 1"):
        formats.write(report, ["html"], formats.words_of(report, "es"), tmp_path / "out")


@given(texts)
def test_the_history_takes_any_name(text: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "hostile.json"
        path.write_text(json.dumps(spoiled(text)), encoding="utf-8")
        report = source.read(path)
        with History(Path(directory) / "history.sqlite3") as history:
            assert history.record(report) and not history.record(report)
            assert len(history.since(report.digest)) == 3
            later = spoiled(text)
            later["run"]["finished"] = "2026-12-01T00:00:00Z"
            path.write_text(json.dumps(later), encoding="utf-8")
            history.record(source.read(path))
            differences.lines(differences.between(history, source.read(path).digest))
