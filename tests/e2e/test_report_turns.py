"""Results come from evidence alone: what is broken by hand turns the report, what is mended turns it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import workspace
from workspace import must, on

HOST = "difusor12"

FOR_EACH_SITE = "for file in $(readlink -f /etc/apache2/sites-enabled/*); do"

# (what is broken by hand, how it is mended, the controls that must notice)
BREAKAGES = {
    "rsync is opened to everybody": (
        "firewall-cmd -q --zone=prep --add-port=873/tcp",
        "firewall-cmd -q --reload",
        ["firewall.restricted_ports"],
    ),
    "fail2ban is stopped": (
        "systemctl stop fail2ban",
        "systemctl start fail2ban",
        ["ids.fail2ban_active", "ids.sshd_jail", "ids.apache_jails"],
    ),
    "a database server is installed": (
        "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "
        "mariadb-server >/dev/null 2>&1",
        "export DEBIAN_FRONTEND=noninteractive; "
        "apt-get purge -y -qq 'mariadb*' 'mysql*' >/dev/null 2>&1; "
        "apt-get autoremove -y -qq >/dev/null 2>&1; "
        "rm -rf /var/lib/mysql /etc/mysql",
        ["dedicated.databases"],
    ),
    "root may enter with a password": (
        "printf 'PermitRootLogin yes\\nPasswordAuthentication yes\\n' > /etc/ssh/sshd_config.d/00-a.conf && "
        "systemctl reload ssh",
        "rm -f /etc/ssh/sshd_config.d/00-a.conf && systemctl reload ssh",
        ["sshd.root_password"],
    ),
    "the web application firewall only looks on": (
        f"{FOR_EACH_SITE} sed -i.hand '/<VirtualHost/a SecRuleEngine DetectionOnly' $file; done && "
        "systemctl reload apache2",
        f"{FOR_EACH_SITE} [ ! -e $file.hand ] || mv $file.hand $file; done; systemctl reload apache2",
        ["waf.effective"],
    ),
}
CASES = [(name, control) for name, (_, _, controls) in BREAKAGES.items() for control in controls]


def check() -> dict[str, str]:
    """Gather the evidence anew and return ``{control: result}``."""
    done = workspace.playbook("check.yml", "--limit", HOST)
    assert done.rc == 0, done.text[-4000:]
    return workspace.results(workspace.newest_report(), HOST)


@pytest.fixture(scope="module")
def history() -> Iterator[dict[str, Any]]:
    """Return the results before, while everything is broken, and after the mending."""
    found: dict[str, Any] = {"before": check()}
    try:
        for breaking, _, _ in BREAKAGES.values():
            must(HOST, breaking)
            # sshd, reloaded, is away for a moment.
            workspace.wait_for_ssh(HOST)
        found["broken"] = check()
    finally:
        unmended = []
        for name, (_, mending, _) in BREAKAGES.items():
            workspace.wait_for_ssh(HOST)
            done = on(HOST, mending)
            if done.rc != 0:
                unmended.append(f"{name}: {done.text}")
        workspace.wait_for_ssh(HOST)
    assert not unmended, unmended
    found["after"] = check()
    yield found


@pytest.mark.parametrize(("breakage", "control"), CASES)
def test_the_report_turns_and_turns_back(history: dict[str, Any], breakage: str, control: str) -> None:
    assert history["before"][control] == "pass"
    assert history["broken"][control] == "fail", breakage
    assert history["after"][control] == "pass"


def test_nothing_else_turned_for_good(history: dict[str, Any]) -> None:
    assert history["after"] == history["before"]


def test_a_run_repairs_what_a_hand_broke() -> None:
    """The remedy that the report names, `--tags firewalld`, closes the port again."""
    must(HOST, "firewall-cmd -q --permanent --zone=prep --add-port=873/tcp && firewall-cmd -q --reload")
    assert workspace.opens("lector", HOST, 873)
    done = workspace.playbook("site.yml", "--limit", HOST, "--tags", "firewalld")
    assert done.rc == 0, done.text[-4000:]
    assert not workspace.opens("lector", HOST, 873)
