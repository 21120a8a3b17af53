"""A drill keeps its cadence, counts what came and what did not, and its report has what the norms ask for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prepctl.errors import PrepctlError
from prepctl.publish import drill
from prepctl.publish.mirrors import Inventory, Mirror
from prepctl.publish.publisher import Delivery

CALL = {"id": "dgo_2022", "institute": {"name": "Instituto"}}
CONTACT = {"name": "María <Peña>", "post": "Jefa", "phone": "618 555 0100", "email": "m@x.example", "hours": "24 h"}
TREES = [Path("1"), Path("2"), Path("3")]


class Clock:
    """A clock that passes only where somebody waits or works."""

    def __init__(self) -> None:
        self.now = 1_654_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def known() -> Inventory:
    mirrors = [
        Mirror(
            name,
            "192.0.2.1",
            f"{name}.example",
            "iepc",
            "x",
            outlet={"name": name.title()},
            contacts={"drills": CONTACT},
        )
        for name in ("uno", "dos")
    ]
    return Inventory(mirrors, CALL, 0, 0, [])


def test_cadence_counts_and_lags(known: Inventory, tmp_path: Path) -> None:
    clock = Clock()

    def publish(tree: Path) -> list[Delivery]:
        clock.now += 4
        lost = tree.name == "2"
        dos = Delivery("dos", "unreachable", "no route") if lost else Delivery("dos", "shown", lag_s=int(tree.name))
        return [Delivery("uno", "shown", lag_s=2.0), dos]

    report = drill.run(known, TREES, 900, publish, clock.sleep, clock)
    assert clock.slept == [896, 896]
    assert report["planned"] == {"start": "2022-05-31T12:26:40+00:00", "end": "2022-05-31T12:56:40+00:00"}
    assert report["actual"]["end"] == "2022-05-31T12:56:44+00:00"
    assert report["cuts"] == {"expected": 3, "published": 3, "errors": []}
    uno, dos = report["mirrors"]
    assert (uno["expected"], uno["received"], uno["missed"], uno["failed_checks"]) == (3, 3, 0, 0)
    assert (dos["received"], dos["missed"], dos["failures"]) == (2, 1, ["unreachable: no route"])
    assert dos["lag_s"] == {"median": 2, "maximum": 3}
    assert dos["contact"] == CONTACT
    assert report["exit_code"] == 2
    report["incidents"] = [
        {"opened": 1_654_000_900, "closed": None, "mirror": "dos", "kind": "down", "detail": "<script>"}
    ]
    place = drill.write(report, tmp_path)
    assert json.loads((place / "drill.json").read_text())["lag_s"]["maximum"] == 3
    text = (place / "drill.html").read_text()
    assert "María &lt;Peña&gt;" in text and "sin respuesta" in text and "<script>" not in text
    assert "Cortes: 3 de 3." in text


def test_a_cut_that_can_t_be_published_is_missed_by_all(known: Inventory) -> None:
    def publish(tree: Path) -> list[Delivery]:
        if tree.name == "3":
            raise PrepctlError("3: the carriers disagree")
        return [Delivery(name, "shown", lag_s=1.0) for name in ("uno", "dos")]

    clock = Clock()
    report = drill.run(known, TREES, 0, publish, clock.sleep, clock)
    assert report["cuts"] == {"expected": 3, "published": 2, "errors": ["3: the carriers disagree"]}
    assert [one["missed"] for one in report["mirrors"]] == [1, 1]
    assert report["exit_code"] == 2
    assert drill.run(known, TREES[:2], 0, publish, clock.sleep, clock)["exit_code"] == 0
