"""What the report gets to know of a host: papers as they are on the controller, and who looked from where."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.iepc.prep.plugins.module_utils import vantage
from ansible_collections.iepc.prep.plugins.plugin_utils.host_inputs import (
    host_inputs,
    inputs_of,
    outside_views,
)
from ansible_collections.iepc.prep.plugins.plugin_utils.read_elsewhere import ReadElsewhere

PAPER = b"Carta compromiso\n"


def probe(vantage_point: str, source: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "vantage": vantage_point, "source": source, "address": "203.0.113.80", "items": {}, "skipped": None,
        "target": "d1", **changes,
    }  # fmt: skip


def inputs(tmp_path: Path, lector: dict[str, Any] | None = None, **variables: Any) -> dict[str, Any]:
    given = {"inventory_dir": str(tmp_path), "prep_allowed_sources": ["198.51.100.0/28"], **variables}
    hostvars = {"d1": given, "lector": lector or {}}
    return host_inputs("d1", hostvars, *outside_views(["d1"], hostvars))


def test_a_paper_is_read_and_hashed(tmp_path: Path) -> None:
    (tmp_path / "carta.pdf").write_bytes(PAPER)
    documents = {
        "commitment": {"date": "2022-05-20", "file": "carta.pdf"},
        "logo": {"date": "2022-05-20", "file": "nowhere.png"},
        "memory": {"date": "2022-06-20"},
        "odd": "text",
    }
    statement = {"control": "redundancy.power", "file": str(tmp_path / "carta.pdf")}
    found = inputs(tmp_path, prep_documents=documents, prep_attestations=[statement], prep_waivers=None)
    digest = hashlib.sha256(PAPER).hexdigest()
    assert found["documents"]["commitment"]["seen"] == {"sha256": digest}
    assert found["documents"]["logo"]["seen"] == {"reason": "No such file or directory"}
    assert "seen" not in found["documents"]["memory"]
    assert found["attestations"][0]["seen"] == {"sha256": digest}
    assert found["waivers"] == []


@pytest.mark.parametrize(
    ("source", "declared", "allowed", "admin"),
    [
        ("198.51.100.5", None, True, False),
        ("192.0.2.50", None, False, False),
        ("192.0.2.77", None, False, True),
        # Behind address translation nobody knows what the server sees, until the inventory says it.
        ("10.1.2.3", None, None, None),
        ("10.1.2.3", "198.51.100.9", True, False),
        ("10.1.2.3", "192.0.2.50", False, False),
        ("192.0.2.50", "198.51.100.300", None, None),
        (None, None, None, None),
    ],
)
def test_a_vantage_point_is_what_its_address_is(
    tmp_path: Path, source: str | None, declared: str | None, allowed: bool | None, admin: bool | None
) -> None:
    # What the probe itself says, and the address that the inventory enters by, count for nothing.
    loop = {"results": [{"item": "lector", "probes": [probe("lector", source, allowed=True)]}]}
    lector = {"ansible_host": "198.51.100.5", "prep_vantage_address": declared}
    found = inputs(tmp_path, lector, prep_probes=loop, prep_admin_sources=["192.0.2.77"])
    (one,) = found["probes"]
    assert (one["allowed"], one["admin"]) == (allowed, admin)


def test_both_families_and_who_could_not_look(tmp_path: Path) -> None:
    loop = {
        "results": [
            {"item": "localhost", "probes": [probe("control", "192.0.2.1")]},
            {"item": "lector", "probes": [probe("lector", "192.0.2.50"), probe("lector (IPv6)", "2001:db8::1")]},
            {"item": "ausente", "unreachable": True, "msg": "Failed to connect:\n timed out"},
            {"item": "roto", "failed": True},
        ]
    }
    found = inputs(tmp_path, prep_probes=loop)
    assert [one["vantage"] for one in found["probes"]] == ["control", "lector", "lector (IPv6)"]
    # The control node entered over SSH: it is let in, whatever the list says yet.
    assert [one["allowed"] for one in found["probes"]] == [True, False, False]
    assert found["blind"] == [
        {"name": "ausente", "reason": "Failed to connect: timed out"},
        {"name": "roto", "reason": "public_probe no dio resultado"},
    ]


def test_each_host_gets_what_was_seen_of_it_whoever_carried_the_look() -> None:
    def loop(place: str) -> dict[str, Any]:
        probes = [probe(place, "192.0.2.50", target=one) for one in ("d1", "d2")]
        return {"results": [{"item": place, "probes": probes}]}

    # The third had no vantage point left for it.
    hostvars = {
        "d1": {"prep_probes": loop("lector")},
        "d2": {"prep_probes": loop("otro")},
        "d3": {"prep_probes": {"skipped": True, "results": []}},
    }
    views = outside_views(["d1", "d2", "d3"], hostvars)
    seen = {name: host_inputs(name, hostvars, *views)["probes"] for name in hostvars}
    assert {name: [one["vantage"] for one in seen[name]] for name in seen} == {
        "d1": ["lector", "otro"],
        "d2": ["lector", "otro"],
        "d3": [],
    }


def test_a_server_that_stands_was_read_at_the_begin() -> None:
    read = {"evidence": {"items": {"x": 1}}}
    own = {"prep_contact": {"reached": True}, "prep_standing": {"stands": True, "read": read}}
    found = host_inputs("d1", {"d1": own})
    assert found["evidence"] == read["evidence"] and found["standing"] == {"stands": True}
    later = {"evidence": {"items": {"x": 2}}}
    assert host_inputs("d1", {"d1": {**own, "prep_evidence": later}})["evidence"] == later["evidence"]
    found = host_inputs("d1", {"d1": {**own, "prep_standing": {"stands": False}}})
    assert found["evidence"] is None and found["contact"] == "failed"


def test_what_workers_read_is_judged_by_the_inventory_here(tmp_path: Path) -> None:
    """As if this play had read it; who looked from outside looked at the hosts of its own worker."""
    own = {"inventory_dir": str(tmp_path), "prep_allowed_sources": ["198.51.100.0/28"], "prep_domain": "d.example"}
    read = {
        "d1": {
            "worker": 1, "prep_contact": {"reached": True}, "prep_evidence": {"evidence": {"items": {"x": "{{ 1 }}"}}},
            "prep_probes": {"results": [{"item": "lector", "probes": [probe("lector", "192.0.2.50")]}]},
        },
        "d2": {
            "worker": 2, "prep_converge_error": {"task": "worker", "msg": "was lost"},
            "prep_probes": {"results": [{"item": "lector", "msg": "no route"}]},
        },
    }  # fmt: skip
    (tmp_path / "read").mkdir()
    for name, found in read.items():
        (tmp_path / f"read/{name}.json").write_text(json.dumps(found))
    hostvars = {"d1": own, "d2": own, "d3": own, "lector": {}}
    elsewhere = ReadElsewhere(hostvars, ["d1", "d2", "d3"], tmp_path / "read")
    assert elsewhere.workers == [1, 2, None] and elsewhere.of_worker(1) == ["d1"]
    (first,) = inputs_of(["d1"], elsewhere)
    assert [first] == inputs_of(["d1"], {**hostvars, "d1": {**own, **read["d1"]}})
    assert first["evidence"]["items"]["x"] == "{{ 1 }}" and first["blind"] == [] and first["domain"] == "d.example"
    (second,) = inputs_of(["d2"], elsewhere)
    assert (second["contact"], second["reason"]) == ("failed", "worker: was lost")
    assert second["blind"] == [{"name": "lector", "reason": "no route"}]
    (third,) = inputs_of(["d3"], elsewhere)
    assert third["contact"] == "failed" and third["evidence"] is None


def test_private_networks_see_each_other_as_they_are() -> None:
    assert vantage.seen_as("172.30.97.30", "172.30.97.11") == "172.30.97.30"
    assert vantage.seen_as("172.30.97.30", "203.0.113.80") is None
    assert vantage.seen_as("fd00::5", "2001:db8::80") is None
