"""The published JSON Schema takes every example, and nothing that is not a report."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import example_reports as examples
import pytest
from ansible_collections.iepc.prep.plugins.module_utils import verdict
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import COLLECTION
from jsonschema import Draft202012Validator

SCHEMA = json.loads((COLLECTION / "roles/compliance/files/compliance-1.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def test_it_is_a_schema_of_2020_12() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("example", [examples.whole, examples.small])
def test_every_example_is_valid(example: Callable[[], dict[str, Any]]) -> None:
    assert [f"{one.json_path}: {one.message[:200]}" for one in VALIDATOR.iter_errors(example())] == []


def test_it_names_the_states_that_the_model_knows() -> None:
    assert SCHEMA["$defs"]["result"]["enum"] == list(verdict.RESULTS)
    assert SCHEMA["$defs"]["treatment"]["enum"] == list(verdict.TREATMENTS)
    assert SCHEMA["$defs"]["verdict"]["enum"] == list(verdict.VERDICTS)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda report: report.update(schema=2),
        lambda report: report["diffusers"].clear(),
        lambda report: report["diffusers"][0]["results"].clear(),
        lambda report: report["diffusers"][0]["results"][0].update(result="passed"),
        lambda report: report["diffusers"][0]["results"][0].update(treatmnt="none"),
        lambda report: report["diffusers"][0].pop("verdict"),
        lambda report: report["run"].update(finished="yesterday"),
        lambda report: report["summary"]["results"].update({"pass": -1}),
    ],
)
def test_what_is_no_report_is_refused(spoil: Callable[[dict[str, Any]], Any]) -> None:
    report = copy.deepcopy(examples.small())
    spoil(report)
    assert not VALIDATOR.is_valid(report)
