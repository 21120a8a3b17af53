"""What every bench tells, and the table of all; no bench is run."""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parents[3] / "bench"
sys.path.insert(0, str(BENCH))
from figures import Figure, Measured, run_bench  # noqa: E402


@pytest.fixture(scope="module")
def run() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("bench_run", str(BENCH / "run"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


FAST = Figure("a.fast", 24.0, "theirs / ours", least=20)
SLOW = Figure("a.slow", 4.5, "of one", most=4)
COST = Figure("a.cost", 1.2, "rsync alone")


def measured(given: argparse.Namespace) -> Measured:
    print("on the way")
    return Measured([FAST, SLOW, COST][: given.figures], {"seconds": {"x": 1}})


def bench(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--figures", type=int, default=3)
    return run_bench(parser, measured, arguments)


def test_a_figure_that_is_not_met_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench() == 1
    assert capsys.readouterr().out.splitlines() == [
        "on the way",
        "a.fast                              24.00 theirs / ours   at least 20: ok",
        "a.slow                               4.50 of one   at most 4: NOT MET",
        "a.cost                               1.20 rsync alone",
    ]
    assert bench("--figures", "1") == 0


def test_json_is_one_document_and_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("--json") == 1
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert document["seconds"] == {"x": 1} and "on the way" in said.err
    assert [Figure.from_dict(one) for one in document["figures"]] == [FAST, SLOW, COST]
    assert document["figures"][1] == {
        "figure": "a.slow", "ratio": 4.5, "unit": "of one", "asked": "at most 4", "least": None, "most": 4,
        "met": False,
    }  # fmt: skip


def test_before_and_now_in_one_table(run: ModuleType) -> None:
    assert run.table([FAST, SLOW, COST], {"a.fast": 27.0, "a.cost": 1.15}) == [
        "| figure | ratio to | asked | before | now | |",
        "|---|---|---|---|---|---|",
        "| `a.fast` | theirs / ours | at least 20 | 27 | 24 | worse |",
        "| `a.slow` | of one | at most 4 | - | 4.5 | not met |",
        "| `a.cost` | rsync alone | - | 1.15 | 1.2 | |",
    ]


def test_every_bench_is_there(run: ModuleType) -> None:
    assert [name for name in run.BENCHES if not (BENCH / f"{name}.py").is_file()] == []
