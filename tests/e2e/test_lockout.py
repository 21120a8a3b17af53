"""Nobody is locked out: whatever closes the way in during a run, the server opens it again by itself.

Each case is a real run that is stopped at a task while somebody, at the server's console, breaks
something; or a run with an input that preflight would have refused. All end the same way.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import workspace
from runs import Run
from workspace import addresses, must

HOST = "difusor12"
TIMEOUT_S = 30
# The server's own restart of services comes on top, and this machine is slow at times.
ANSWERS_WITHIN_S = TIMEOUT_S + 45
SHORT = {"safety_net_timeout_s": TIMEOUT_S}
WAY_IN = "sshd_hardening,firewalld"
# Debian 11 has no sshd_config.d that counts before the main file; both have what the role writes.
SSHD_FILES = "/etc/ssh/sshd_config.d/00-prep.conf"
# After sshd was written, checked and loaded; before the way in is confirmed.
AFTER_SSHD = "Ask which firewalld this is"
# The last task before it; one later, the confirmation might be under way already.
BEFORE_CONFIRMATION = "Make the zone the only one"


def control_node() -> str:
    """Return the address that the servers see the control node come from."""
    return addresses()[HOST].rsplit(".", 1)[0] + ".1"


def configuration(host: str) -> str:
    """Return a digest of all that decides who gets in."""
    return must(host, "find /etc/ssh /etc/firewalld /etc/fail2ban -type f -exec sha256sum {} + | sort | sha256sum")


@dataclass(frozen=True)
class Case:
    """What breaks: by hand at a task (or nothing), by variables, and what the run must name as the reason."""

    host: str
    reason: str
    variables: dict[str, object]
    at: str = ""
    script: str = ""


CASES = {
    "an allow-list without the control node, forced past preflight": Case(
        "difusor11",
        "/etc/firewalld/",
        {
            "firewalld_allowed_sources": ["203.0.113.9"],
            "firewalld_admin_sources": [],
            "preflight_allow": ["source_not_allowed"],
        },
    ),
    "a broken drop-in of sshd, after the check": Case(
        "difusor12",
        "sshd refused its configuration",
        {},
        AFTER_SSHD,
        f"echo 'NoSuchOption yes' >> {SSHD_FILES}; systemctl restart ssh || true",
    ),
    "a zone of firewalld that drops everything": Case(
        "difusor13",
        "/etc/firewalld/zones/prep.xml",
        {},
        BEFORE_CONFIRMATION,
        "sed -i 's/^<zone>/<zone target=\"DROP\">/; /<rule/,/<\\/rule>/d; /<port/d' /etc/firewalld/zones/prep.xml; "
        "firewall-cmd --reload",
    ),
    "fail2ban bans the control node in mid-run": Case(
        "difusor12",
        "fail2ban had banned",
        {},
        AFTER_SSHD,
        "fail2ban-client set sshd banip CONTROL_NODE",
    ),
    "sshd moves to a port that is blocked": Case(
        "difusor13",
        SSHD_FILES,
        {},
        BEFORE_CONFIRMATION,
        f"sed -i 's/^Port .*/Port 2222/' {SSHD_FILES}; systemctl restart ssh",
    ),
}


def heal(host: str, before: str) -> None:
    """Leave the server as a run leaves it, where it did not restore that itself."""
    workspace.wait_for_ssh(host, 120)
    if configuration(host) == before:
        return
    done = workspace.playbook("site.yml", "--limit", host, "--tags", f"{WAY_IN},intrusion_prevention")
    assert done.rc == 0, done.text[-3000:]


@dataclass(frozen=True)
class Seen:
    """What became of a case."""

    before: str
    after: str
    answered_after_s: float
    done: workspace.Done
    report: dict[str, Any]


def broken_run(case: Case) -> Seen:
    """Run with a case's breakage, and look when the server answers again, whatever the run does meanwhile."""
    before = configuration(case.host)
    variables = json.dumps({**SHORT, **case.variables})
    limits = ["--limit", case.host, "--tags", f"{WAY_IN},safety_net"]
    run = Run("ansible-playbook", "site.yml", "-i", "diffusers.ini", *limits, "-e", variables)
    seconds = 0.0
    if case.at:
        run.at_task(case.at, lambda: workspace.console(case.host, case.script.replace("CONTROL_NODE", control_node())))
        broken = time.monotonic()
        workspace.wait_for_ssh(case.host, ANSWERS_WITHIN_S)
        seconds = time.monotonic() - broken
    done = run.finish()
    workspace.wait_for_ssh(case.host, 5)
    seen = Seen(before, configuration(case.host), seconds, done, workspace.report_of(done))
    heal(case.host, before)
    return seen


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Seen | BaseException]:
    """Run all cases: one after the other on a server, the servers side by side."""

    def on_host(host: str) -> dict[str, Seen | BaseException]:
        found: dict[str, Seen | BaseException] = {}
        for name, case in CASES.items():
            if case.host == host:
                try:
                    found[name] = broken_run(case)
                except Exception as problem:
                    found[name] = problem
        return found

    with ThreadPoolExecutor() as pool:
        return {name: seen for part in pool.map(on_host, workspace.DIFFUSERS) for name, seen in part.items()}


@pytest.mark.parametrize("name", CASES)
def test_the_server_restores_itself_and_the_run_says_why(name: str, outcomes: dict[str, Seen | BaseException]) -> None:
    case, seen = CASES[name], outcomes[name]
    if isinstance(seen, BaseException):
        raise seen
    assert seen.after == seen.before
    assert seen.answered_after_s < ANSWERS_WITHIN_S
    assert seen.done.rc == 2, seen.done.out[-3000:]
    assert seen.done.recap()[case.host]["failed"] == 1
    told = " ".join(seen.done.out.split())
    assert "the server restored its configuration" in told, seen.done.out[-4000:]
    assert case.reason in told
    entry = workspace.diffuser(seen.report, case.host)
    assert entry["contact"] == "failed"
    assert entry["restores"], "the report does not show the restore"
    assert case.reason in entry["restores"][0]["text"]["en"]
    assert "el servidor restauró su configuración" in entry["restores"][0]["text"]["es"]


@pytest.fixture
def healed() -> Iterator[None]:
    """Heal the server afterwards."""
    before = configuration(HOST)
    yield
    heal(HOST, before)


def test_prepctl_ends_with_4_and_the_page_shows_the_restore(healed: None) -> None:
    """The variables stand in the inventory, as a person would have written them."""
    extra = workspace.LAB / f"host_vars/{HOST}.yml"
    saved = extra.read_text(encoding="utf-8")
    case = CASES["an allow-list without the control node, forced past preflight"]
    added = "".join(f"{key}: {json.dumps(value)}\n" for key, value in {**SHORT, **case.variables}.items())
    extra.write_text(saved + added, encoding="utf-8")
    try:
        done = Run("prepctl", "onboard", "-i", "diffusers.ini", "--limit", HOST, "--tags", WAY_IN).finish()
    finally:
        extra.write_text(saved, encoding="utf-8")
    assert done.rc == 4, done.out[-3000:]
    assert "the server restored its configuration" in " ".join(done.out.split())
    newest = max((workspace.LAB / "reports").glob("*/compliance.html"), key=lambda path: path.stat().st_mtime_ns)
    assert "Restauración automática" in newest.read_text(encoding="utf-8")


def net(**arguments: object) -> workspace.Done:
    """Call the module over SSH, as the role does."""
    return workspace.run(
        "ansible", HOST, "-i", "diffusers.ini", "-m", "iepc.prep.safety_net", "-a", json.dumps(arguments),
        cwd=workspace.LAB,
    )  # fmt: skip


ARMED = {"state": "armed", "paths": ["/etc/ssh", "/etc/firewalld"], "services": ["firewalld", "ssh"]}


def test_a_confirmed_change_stays() -> None:
    assert net(**ARMED, timeout_s=5).rc == 0
    assert net(state="confirmed").rc == 0
    assert must(HOST, "systemctl list-timers --all prep-safety-net.timer --no-legend").strip() == ""
    assert json.loads(must(HOST, "cat /var/lib/prep/safety_net/last.json"))["event"] == "confirmed"


def test_a_reboot_restores_what_nobody_confirmed(healed: None) -> None:
    """A timer does not outlive a reboot; the armed net does."""
    before = configuration(HOST)
    armed = net(**ARMED, timeout_s=3600)
    assert armed.rc == 0, armed.text
    workspace.console(HOST, f"echo 'NoSuchOption yes' >> {SSHD_FILES}")
    assert workspace.run("docker", "restart", workspace.container(HOST)).rc == 0
    workspace.wait_for_ssh(HOST, 60)
    assert configuration(HOST) == before
    record = json.loads(must(HOST, "cat /var/lib/prep/safety_net/last.json"))
    assert (record["event"], record["when"]) == ("restored", "boot")
    assert SSHD_FILES in record["changed"]
