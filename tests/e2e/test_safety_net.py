"""A change that locks the control node out is undone by the server itself.

The change is made by hand here, in the order in which a run makes it: the net is armed, the way
in breaks, nobody confirms.
"""

from __future__ import annotations

import json
import time

import pytest
import workspace

HOST = "difusor12"
NET = "iepc.prep.safety_net"
RECORD = "/var/lib/prep/safety_net/last.json"
PATHS = ["/etc/ssh", "/etc/firewalld"]
SERVICES = ["firewalld", "ssh"]

BREAKAGES = {
    "a firewall that lets nobody in": (
        'sed -i \'s/<source ipset="prep-allowed4"\\/>/<source address="203.0.113.9"\\/>/\''
        " /etc/firewalld/zones/prep.xml; firewall-cmd --reload"
    ),
    "an sshd that does not start": (
        "echo 'NoSuchOption yes' >> /etc/ssh/sshd_config.d/00-prep.conf; systemctl restart ssh"
    ),
}


def net(**arguments: object) -> workspace.Done:
    """Call the module over SSH, as the role does."""
    return workspace.run(
        "ansible", HOST, "-i", "diffusers.ini", "-m", NET, "-a", json.dumps(arguments), cwd=workspace.LAB
    )  # fmt: skip


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_the_server_restores_its_own_way_in(breakage: str) -> None:
    before = workspace.must(HOST, "cat /etc/firewalld/zones/prep.xml /etc/ssh/sshd_config.d/00-prep.conf")
    armed = net(state="armed", timeout_s=8, paths=PATHS, services=SERVICES)
    assert armed.rc == 0, armed.text

    # Over the console: the connection that makes the change does not outlive it.
    workspace.run("docker", "exec", workspace.container(HOST), "sh", "-c", BREAKAGES[breakage])
    assert workspace.on(HOST, "true").rc != 0, "the breakage did not lock the control node out"

    workspace.wait_for_ssh(HOST, 60)
    deadline = time.monotonic() + 30
    while json.loads(workspace.must(HOST, f"cat {RECORD}"))["event"] != "restored":
        assert time.monotonic() < deadline, "the server wrote no record of its restore"
        time.sleep(0.5)
    after = workspace.must(HOST, "cat /etc/firewalld/zones/prep.xml /etc/ssh/sshd_config.d/00-prep.conf")
    assert after == before

    confirmed = net(state="confirmed")
    assert confirmed.rc != 0 and "the server restored" in confirmed.text


def test_a_confirmed_change_stays() -> None:
    assert net(state="armed", timeout_s=5, paths=PATHS, services=SERVICES).rc == 0
    assert net(state="confirmed").rc == 0
    assert workspace.must(HOST, "systemctl list-timers --all prep-safety-net.timer --no-legend").strip() == ""
    assert json.loads(workspace.must(HOST, f"cat {RECORD}"))["event"] == "confirmed"
