"""Who looks is judged by the address that they have: the allow-listed must get in, others must not, the absent wait."""

from __future__ import annotations

import json
import subprocess

import pytest
from conftest import WORKSPACE

ABSENT = "ausente"
PLAYBOOK = [{"hosts": "diffusers", "gather_facts": False, "roles": [{"role": "iepc.prep.compliance"}]}]


def report(origin, reader) -> dict:
    """Run the role with three vantage points, the last of which nobody answers for; the report that it writes."""
    absent = origin.address.rsplit(".", 1)[0] + ".250"
    (WORKSPACE / "vantage.ini").write_text(
        f"[vantage_points]\n{reader.name}\n{origin.name}\n{ABSENT} ansible_host={absent}\n"
    )
    (WORKSPACE / "vantage.yml").write_text(json.dumps(PLAYBOOK))
    allowed = json.dumps({"prep_allowed_sources": ["{{ lab_control_node }}", "{{ lab_origin }}"]})
    command = ["ansible-playbook", "-i", "diffusers.ini", "-i", "vantage.ini", "vantage.yml", "-e", allowed]
    done = subprocess.run(command, capture_output=True, text=True, cwd=WORKSPACE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    newest = max((WORKSPACE / "reports").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return json.loads((newest / "compliance.json").read_text())


def control(found: dict, slug: str) -> dict:
    return next(one for one in found["diffusers"][0]["results"] if one["control"] == slug)


@pytest.fixture(scope="module")
def seen(origin, reader) -> dict:
    return report(origin, reader)


def test_each_is_known_by_its_address(seen, origin, reader):
    standing = {one["name"]: (one["source"], one["allowed"]) for one in seen["diffusers"][0]["vantage_points"]}
    assert standing[origin.name] == (origin.address, True)
    assert standing[reader.name] == (reader.address, False)
    assert standing["control"][1] is True


def test_the_absent_one_is_told_of_and_holds_nobody_back(seen):
    (notice,) = [one for one in seen["notices"] if one["kind"] == "vantage_unreachable"]
    assert (notice["hosts"], notice["level"]) == (["difusor12"], "warning")
    assert ABSENT in notice["text"]["es"]
    (one,) = [one for one in seen["diffusers"][0]["vantage_points"] if one["name"] == ABSENT]
    assert (one["looked"], one["skipped"]) == (False, False)
    assert seen["diffusers"][0]["contact"] == "reached"


def test_a_stranger_who_gets_in_fails_it(seen, reader):
    """SSH of a bare server answers everybody; that the origin gets in as well is held against nobody."""
    one = control(seen, "firewall.restricted_ports")
    assert one["result"] == "fail"
    assert f"22 desde {reader.name}" in one["found"] and "origen" not in one["found"]


def test_an_allowed_one_who_does_not_get_in_fails_it(seen, host, origin, reader):
    assert "desde origen" not in control(seen, "firewall.allowed_sources")["found"]
    # Whatever comes from the origin is answered into nowhere, as with a forgotten rule at the provider's.
    host.run_expect([0], f"ip route add blackhole {origin.address}/32")
    try:
        one = control(report(origin, reader), "firewall.allowed_sources")
    finally:
        host.run_expect([0], f"ip route del blackhole {origin.address}/32")
    assert one["result"] == "fail"
    assert "22 desde origen" in one["found"], one
