"""One diffuser down: it holds nobody else back, and nobody can overlook it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import workspace

HOST = "difusor12"
OTHERS = [name for name in workspace.DIFFUSERS if name != HOST]


@pytest.fixture(scope="module")
def stopped() -> Iterator[dict[str, Any]]:
    """Return a run of the playbook and one of prepctl while a diffuser is stopped."""
    container = workspace.container(HOST)
    assert workspace.run("docker", "stop", container).rc == 0
    try:
        # All roles, whether the others stand as they were left or not.
        site = workspace.playbook("site.yml", "-e", "prep_thorough=true")
        report = workspace.newest_report()
        wrapper = workspace.run("prepctl", "check", "-i", "diffusers.ini", cwd=workspace.LAB)
        yield {"site": site, "report": report, "wrapper": wrapper}
    finally:
        workspace.run("docker", "start", container)
        workspace.wait_for_ssh(HOST)


def test_the_others_finish(stopped: dict[str, Any]) -> None:
    recap = stopped["site"].recap()
    for name in OTHERS:
        assert recap[name]["failed"] == recap[name]["unreachable"] == 0
        assert recap[name]["ok"] > 20
        assert workspace.diffuser(stopped["report"], name)["contact"] == "reached"
        assert "unreachable" not in workspace.results(stopped["report"], name).values()


def test_the_report_says_so(stopped: dict[str, Any]) -> None:
    entry = workspace.diffuser(stopped["report"], HOST)
    assert entry["contact"] == "unreachable"
    assert entry["reason"]
    assert entry["verdict"] == "NO CONCLUYENTE"
    # What only the server can tell was not found out, and counts as neither pass nor fail.
    seen = {result["control"]: result["result"] for result in entry["results"]}
    assert seen["sshd.root_password"] == "unreachable"
    assert seen["contacts.stages"] == "pass"


def test_the_exit_codes_say_so(stopped: dict[str, Any]) -> None:
    assert stopped["site"].rc == 4, stopped["site"].text[-3000:]
    assert stopped["site"].recap()[HOST]["unreachable"] == 1
    assert stopped["wrapper"].rc == 3, stopped["wrapper"].text[-3000:]


def test_after_a_reboot_it_is_what_it_was(stopped: dict[str, Any]) -> None:
    """Everything comes back by itself: nobody runs the playbook after a power cut at night."""
    workspace.run("docker", "start", workspace.container(HOST))
    workspace.wait_for_ssh(HOST)
    workspace.must(HOST, "systemctl is-system-running --wait >/dev/null; true")
    assert workspace.opens("lector", HOST, 80) and workspace.opens("lector", HOST, 443)
    assert not workspace.opens("lector", HOST, 22) and not workspace.opens("lector", HOST, 873)
    assert workspace.opens("origen", HOST, 873)
    assert "sshd" in workspace.must(HOST, "fail2ban-client status")
