"""`prepctl call`: mistakes in one line each, exit codes, JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

CALLS = Path(__file__).resolve().parents[3] / "calls"


@pytest.mark.parametrize("name", ["dgo_2022", "ensayo_2027"])
def test_the_calls_that_come_along_are_right(prepctl: Callable, name: str) -> None:
    result = prepctl("call", "validate", str(CALLS / f"{name}.yml"))
    assert (result.code, result.stderr) == (0, "")
    assert "no mistakes" in result.stdout


def test_each_mistake_is_one_line(prepctl: Callable, workspace: Path) -> None:
    text = (CALLS / "dgo_2022.yml").read_text()
    text = text.replace('deadline: "2022-05-20"', "deadline: 2022-05-20").replace("clause: I.9", "clause: IX.9", 1)
    text = text.replace("slug: time.zone_data", "slug: time.zone_date").replace("unit: Unidad", "unidad: Unidad")
    (workspace / "own.yml").write_text(text)
    result = prepctl("call", "validate", "own.yml")
    assert (result.code, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    assert [line.split(": expected")[0] for line in lines] == [
        "own.yml: institute.unidad",
        "own.yml: institute.unit",
        "own.yml: documents[expression_of_interest].deadline",
        "own.yml: controls[time.zone_date].slug",
        "own.yml: controls[rsync.restricted].clause",
    ]
    document = prepctl("call", "validate", "own.yml", "--json").document
    assert (document["valid"], document["mistakes"]) == (False, lines)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"a: [", "expected a file in YAML"),
        (b"\xff\xfe\x00x", "expected a file in YAML"),
        (b"- x\n", "(file): expected a mapping"),
    ],
)
def test_what_is_no_call_at_all(prepctl: Callable, workspace: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (workspace / "own.yml").write_bytes(content)
    result = prepctl("call", "validate", "own.yml")
    assert result.code == 1
    assert said in result.stderr and len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('offset: "-0600"', 'offset: "-0500"', "zone_check.offset: expected -0600"),
        ("zone: America/Monterrey", "zone: America/Durango", "zone: expected a time zone that this machine knows"),
    ],
)
def test_the_zone_is_asked_of_this_machines_table(
    prepctl: Callable, workspace: Path, before: str, after: str, said: str
) -> None:
    text = (CALLS / "dgo_2022.yml").read_text()
    assert before in text
    (workspace / "own.yml").write_text(text.replace(before, after))
    result = prepctl("call", "validate", "own.yml")
    assert result.code == 1 and said in result.stderr


def test_show_tells_times_in_utc(prepctl: Callable) -> None:
    assert "2022-06-06T01:00:00Z to 2022-06-07T01:00:00Z" in prepctl("call", "show", "dgo_2022").stdout
    told = prepctl("call", "show", "ensayo_2027", "--json").document
    assert told["windows"]["publication"] == {"opens": "2027-06-07T02:00:00Z", "closes": "2027-06-08T02:00:00Z"}
    assert told["services"]["rsync"] == 8730


def test_show_lists_the_calls_and_knows_a_typing_mistake(prepctl: Callable) -> None:
    listed = prepctl("call", "show", "--json").document
    assert list(listed) == ["dgo_2022", "ensayo_2027"]
    result = prepctl("call", "show", "dgo_2202")
    assert result.code == 1 and "did you mean dgo_2022?" in result.stderr
