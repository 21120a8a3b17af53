"""A larger lab: what it consists of, and the outlets of its further diffusers. No container is made."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path

import yaml

from prepctl.lab import workspace
from prepctl.lab.plan import MACHINES, Lab, planned


def test_the_lab_is_as_it_was_unless_more_is_asked_for() -> None:
    assert planned() == MACHINES
    more = planned(5)
    assert more[: len(MACHINES)] == MACHINES
    assert [(one.name, one.offset, one.suite) for one in more[len(MACHINES) :]] == [
        ("difusor150", 150, "bookworm"), ("difusor151", 151, "bookworm"),
    ]  # fmt: skip
    addresses = [one.offset for one in planned(103)]
    assert len(set(addresses)) == len(addresses) and max(addresses) < 255


def test_each_further_diffuser_has_an_outlet_and_a_secret_of_its_own(tmp_path: Path) -> None:
    lab = Lab("prueba", ipaddress.IPv4Network("172.30.1.0/24"), tmp_path, planned(5))
    workspace.prepare(lab)
    outlets = {name: yaml.safe_load((tmp_path / f"host_vars/{name}.yml").read_text()) for name in
               ("difusor12", "difusor150", "difusor151")}  # fmt: skip
    assert outlets["difusor151"]["prep_domain"] == "prep.difusor151.example"
    for read in (lambda one: one["prep_domain"], lambda one: one["prep_outlet"]["name"]):
        assert len({read(one) for one in outlets.values()}) == 3
    assert outlets["difusor150"]["prep_documents"] == outlets["difusor12"]["prep_documents"]
    secrets = {(lab.private / f"rsync-difusor{number}").read_text() for number in (11, 12, 13, 150, 151)}
    assert len(secrets) == 5
    # A smaller lab in the same workspace: an outlet without a server would be a mistake of the inventory.
    workspace.prepare(Lab("prueba", lab.subnet, tmp_path, planned(4)))
    assert [path.stem for path in sorted((tmp_path / "host_vars").glob("difusor1??.yml"))] == ["difusor150"]


def test_how_many_there_may_be_is_said(prepctl: Callable) -> None:
    for count in ("2", "104"):
        result = prepctl("lab", "up", "--diffusers", count)
        assert result.code == 4
        assert result.stderr == f"prepctl: --diffusers: expected 3 to 103, got {count}\n"


def test_how_machines_are_reached_says_nothing_of_outlets(tmp_path: Path) -> None:
    lab = Lab("prueba", ipaddress.IPv4Network("172.30.1.0/24"), tmp_path, planned(4))
    workspace.prepare(lab, connection_only=True)
    assert not (tmp_path / "host_vars").exists()
