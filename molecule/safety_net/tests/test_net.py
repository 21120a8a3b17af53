"""What nobody confirms is undone by the server itself; what is confirmed stays."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

WORKSPACE = Path(__file__).resolve().parents[1] / ".lab"
RECORD = "/var/lib/prep/safety_net/last.json"
PATHS = ["/etc/ssh", "/etc/prep-extra", "/etc/prep-new"]


def net(**arguments: object) -> subprocess.CompletedProcess[str]:
    """Call the module over SSH, as the role does."""
    argv = ["ansible", "diffusers", "-i", "diffusers.ini", "-m", "iepc.prep.safety_net", "-a", json.dumps(arguments)]
    return subprocess.run(
        argv,
        cwd=WORKSPACE,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"},
    )


def wait_for(seconds: float, what: str, question) -> None:
    """Wait until a question is answered with yes."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.2)


def enters(host) -> bool:
    """Tell whether a connection of its own gets in."""
    argv = ["ssh", "-n", "-F", "none", "-i", str(WORKSPACE / ".lab/id_ed25519"), "-o", "BatchMode=yes"]
    argv += ["-o", f"UserKnownHostsFile={WORKSPACE / '.lab/known_hosts'}", "-o", "StrictHostKeyChecking=yes"]
    return (
        subprocess.run(
            [*argv, "-o", "ConnectTimeout=3", f"root@{host.address}", "true"], capture_output=True
        ).returncode
        == 0
    )


@pytest.fixture
def extra(host):
    """Have a file beside sshd's, and one path where nothing is."""
    host.check_output("printf before > /etc/prep-extra; chmod 640 /etc/prep-extra; rm -f /etc/prep-new")
    yield
    host.check_output("rm -f /etc/prep-extra /etc/prep-new")


def test_the_run_left_nothing_armed(host):
    assert json.loads(host.check_output(f"cat {RECORD}"))["event"] == "confirmed"
    assert host.run("systemctl is-active prep-safety-net.timer").rc != 0
    assert not host.file("/var/lib/prep/safety_net/snapshot.tar").exists


def test_a_server_that_nobody_can_enter_comes_back(host, extra):
    before = host.check_output("sha256sum /etc/ssh/sshd_config")
    assert net(state="armed", timeout_s=6, paths=PATHS, services=["ssh", "no-such-unit"]).returncode == 0
    # This connection is the last one: what it starts goes on without it.
    host.check_output(
        "echo after > /etc/prep-extra; chmod 600 /etc/prep-extra; echo new > /etc/prep-new; "
        "echo 'AllowUsers nobody' >> /etc/ssh/sshd_config; systemctl reload ssh"
    )
    wait_for(5, "the change locks out", lambda: not enters(host))
    wait_for(30, "the server lets in again", lambda: enters(host))
    wait_for(10, "the record", lambda: json.loads(host.check_output(f"cat {RECORD}"))["event"] == "restored")
    assert host.check_output("sha256sum /etc/ssh/sshd_config") == before
    assert host.check_output("cat /etc/prep-extra; stat -c ' %a' /etc/prep-extra") == "before 640"
    # It may be a package's, which would not bring it a second time.
    assert host.file("/etc/prep-new").exists

    confirmed = net(state="confirmed")
    assert confirmed.returncode != 0
    assert "the server restored its configuration" in confirmed.stdout
    assert "changed since the snapshot: /etc/ssh/sshd_config /etc/prep-extra" in confirmed.stdout


def test_a_run_that_was_cut_off_does_not_replace_the_snapshot(host, extra):
    assert net(state="armed", timeout_s=120, paths=PATHS, services=[]).returncode == 0
    host.check_output("echo half > /etc/prep-extra")
    armed = net(state="armed", timeout_s=2, paths=PATHS, services=[])
    assert '"kept_snapshot": true' in armed.stdout
    wait_for(20, "the restore", lambda: host.check_output("cat /etc/prep-extra") == "before")


def test_what_is_confirmed_stays(host, extra):
    # The record of the last restore is told once, and by the arming replaced.
    assert net(state="armed", timeout_s=60, paths=PATHS, services=[]).returncode == 0
    host.check_output("echo after > /etc/prep-extra")
    assert net(state="confirmed").returncode == 0
    assert host.run("systemctl is-active prep-safety-net.timer").rc != 0
    assert host.check_output("cat /etc/prep-extra") == "after"
