"""calls/call.schema.json and module_utils/call.py refuse the same calls.

Every value of both calls is taken away, replaced by others and given company, one at a time. What
the schema refuses the code must refuse; what the code refuses beyond the schema must be one of the
things that no schema can tell.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.iepc.prep.plugins.module_utils import call as call_model
from ansible_collections.iepc.prep.plugins.module_utils.controls.registry import CHECKS

jsonschema = pytest.importorskip("jsonschema")

CALLS = Path(__file__).resolve().parents[3] / "calls"
SCHEMA = json.loads((CALLS / "call.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
OTHERS = (
    None, True, 0, -1, 7, 1.5, "", " ", "x", "X y", "x\n", "2022-13-01", "2022-05-20\n", "2022-05-20 24:00",
    "https://", [], ["x"], {}, {"x": 1},
)  # fmt: skip
# What only code can tell: references, order, uniqueness by a part, the calendar, and which controls have a judge.
BEYOND = re.compile(
    r"one of the clauses|a time after|each slug once|each port once|one of ports\.|a control that can be evaluated"
    r"|the slug of one of the documents"
)


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((CALLS / f"{name}.yml").read_text(encoding="utf-8"))


def small(call: dict[str, Any]) -> dict[str, Any]:
    """The call with few controls and clauses: their shape is the same, and each costs hundreds of mutations."""
    wanted = ("firewall.active", "ddos.provider", "documents.registration", "redundancy.building")
    call["controls"] = [one for one in call["controls"] if one["slug"] in wanted]
    used = {one["clause"] for key in ("controls", "documents") for one in call[key]}
    used |= {window["clause"] for window in call["windows"].values()}
    call["clauses"] = {number: call["clauses"][number] for number in sorted(used)}
    return call


def paths(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Every place in a structure; of a list its first two entries stand for the others."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, one in inner:
        yield from paths(one, (*path, key))


def mutations(call: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(what was done, the call after it)"""
    for path in paths(call):
        changed = copy.deepcopy(call)
        holder = changed
        for step in path[:-1]:
            holder = holder[step]
        kept = holder[path[-1]] if path else changed
        if isinstance(kept, dict):
            kept["unheard_of"] = 1
            yield f"{path} with an unknown key", changed
            del kept["unheard_of"]
        if isinstance(kept, list):
            kept.append(copy.deepcopy(kept[0]))
            yield f"{path} with an entry twice", changed
            kept.pop()
        if not path:
            continue
        for other in OTHERS:
            holder[path[-1]] = other
            yield f"{path} = {other!r}", changed
        del holder[path[-1]]
        yield f"without {path}", changed


def test_the_schema_is_one_and_every_part_of_it_says_what_it_is() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def silent(node: dict[str, Any], place: str) -> list[str]:
        found = []
        for name, part in node.get("properties", {}).items():
            target = SCHEMA["$defs"][part["$ref"].split("/")[-1]] if "$ref" in part else {}
            if "description" not in part and "description" not in target:
                found.append(f"{place}.{name}")
            found += silent(part, f"{place}.{name}")
        for name in ("items", "additionalProperties"):
            if isinstance(node.get(name), dict):
                found += silent(node[name], place)
        return found

    assert silent(SCHEMA, "call") == []
    # `if` and `then` of a control only speak about what its properties describe.
    parts = {name: part for name, part in SCHEMA["$defs"].items() if name != "control"}
    assert [line for name, part in parts.items() for line in silent(part, name)] == []


@pytest.mark.parametrize("name", ["dgo_2022", "ensayo_2027"])
def test_both_take_the_calls_that_come_along(name: str) -> None:
    call = load(name)
    assert [error.message for error in VALIDATOR.iter_errors(call)] == []
    assert call_model.problems(call, name, CHECKS) == []


@pytest.mark.parametrize("name", ["dgo_2022", "ensayo_2027"])
def test_both_refuse_the_same(name: str) -> None:
    call = small(load(name))
    assert call_model.problems(call, name, CHECKS) == [] and VALIDATOR.is_valid(call)
    refused = 0
    for what, changed in mutations(call):
        lines = call_model.problems(changed, name, CHECKS)
        by_schema = not VALIDATOR.is_valid(changed)
        refused += by_schema
        assert lines or not by_schema, f"the code takes what the schema refuses: {what}"
        beyond = lines and all(BEYOND.search(line) for line in lines)
        assert by_schema or not lines or beyond, f"the schema takes what the code refuses: {what}: {lines}"
        assert all(line.startswith(f"{name}: ") and ": expected " in line and "\n" not in line for line in lines)
    assert refused > 1000
