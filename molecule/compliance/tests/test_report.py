"""A bare server gets a whole report that says NO APTO with evidence, and keeps no trace of it."""

from __future__ import annotations

import json
import subprocess

import pytest
from conftest import WORKSPACE


@pytest.fixture(scope="module")
def directory():
    """Where the newest report is."""
    return max((WORKSPACE / "reports").iterdir())


@pytest.fixture(scope="module")
def diffuser(directory) -> dict:
    """The one diffuser of the newest report."""
    (found,) = json.loads((directory / "compliance.json").read_text())["diffusers"]
    return found


def by_slug(diffuser: dict) -> dict[str, dict]:
    return {one["control"]: one for one in diffuser["results"]}


def test_the_verdict_is_not_apt(diffuser, directory):
    assert (diffuser["name"], diffuser["contact"]) == ("difusor12", "reached")
    assert diffuser["verdict"] == "NO APTO"
    page = (directory / "compliance.html").read_text()
    assert "NO APTO" in page and diffuser["domain"] in page


@pytest.mark.parametrize("slug", ["apache.answers", "rsync.answers", "firewall.active", "ids.fail2ban_active"])
def test_what_a_bare_server_lacks_fails_by_evidence(diffuser, slug):
    one = by_slug(diffuser)[slug]
    assert one["result"] == "fail", one
    assert one["found"] and one["evidence"]


@pytest.mark.parametrize("slug", ["sshd.active", "access.root", "dedicated.containers", "documents.commitment"])
def test_what_it_has_passes(diffuser, slug):
    assert by_slug(diffuser)[slug]["result"] == "pass", by_slug(diffuser)[slug]


def test_a_stranger_looked_too(diffuser):
    """Port 22 of a bare server is open to everybody; only a vantage point outside the allow-list can see that."""
    one = by_slug(diffuser)["firewall.restricted_ports"]
    assert one["result"] == "fail", one
    assert "lector" in json.dumps(one["evidence"])


def test_nothing_that_waits_for_an_answer_passes(diffuser):
    assert by_slug(diffuser)["publication.unmodified"]["result"] != "pass"
    assert by_slug(diffuser)["waf.effective"]["result"] != "pass"


def test_nothing_changes_on_the_server(host):
    host.run_expect([0], "touch /run/marker")
    before = host.check_output("dpkg-query -W | sha256sum; systemctl list-units --all --plain --no-legend | wc -l")
    reports = len(list((WORKSPACE / "reports").iterdir()))
    playbook = [{"hosts": "diffusers", "gather_facts": False, "roles": [{"role": "iepc.prep.compliance"}]}]
    (WORKSPACE / "tests.yml").write_text(json.dumps(playbook))
    done = subprocess.run(
        ["ansible-playbook", "-i", "diffusers.ini", "tests.yml"],
        capture_output=True,
        text=True,
        cwd=WORKSPACE,
        check=False,
    )
    assert done.returncode == 0 and "changed=0" in done.stdout, done.stdout
    assert len(list((WORKSPACE / "reports").iterdir())) == reports + 1
    assert host.check_output("find /etc /usr /opt /srv /var/lib /home -newer /run/marker -type f") == ""
    after = host.check_output("dpkg-query -W | sha256sum; systemctl list-units --all --plain --no-legend | wc -l")
    assert after == before
