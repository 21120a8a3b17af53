"""A sound inventory and server pass; a mistake touches no server; what stands in the way is said."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import WORKSPACE


@pytest.fixture
def workspace(tmp_path) -> Path:
    """A copy of the workspace that a test may spoil."""
    return Path(shutil.copytree(WORKSPACE, tmp_path / "workspace"))


def change(workspace: Path, file: str, pattern: str, replacement: str) -> None:
    path = workspace / file
    text, count = re.subn(pattern, replacement, path.read_text(), flags=re.M)
    assert count == 1, f"{pattern!r} stands {count} times in {file}"
    path.write_text(text)


def preflight(workspace: Path, **variables) -> tuple[int, str, dict]:
    """Apply the role; return the exit code, all that was said, and what is known of the server."""
    show = {
        "ansible.builtin.copy": {"content": "{{ prep_contact | to_json }}", "dest": str(workspace / "contact.json")}
    }
    playbook = [
        {
            "hosts": "diffusers",
            "gather_facts": False,
            "roles": [{"role": "iepc.prep.preflight", "vars": variables}],
            "post_tasks": [dict(show, delegate_to="localhost", vars={"ansible_connection": "local"})],
        }
    ]
    (workspace / "tests.yml").write_text(json.dumps(playbook))
    done = subprocess.run(
        ["ansible-playbook", "-i", "diffusers.ini", "tests.yml"],
        capture_output=True,
        text=True,
        cwd=workspace,
        # Connections of its own: each contact is one that sshd has to accept.
        env=dict(os.environ, ANSIBLE_SSH_CONTROL_PATH_DIR=str(workspace / "cp"), ANSIBLE_CONFIG="ansible.cfg"),
        check=False,
    )
    contact = workspace / "contact.json"
    return done.returncode, done.stdout + done.stderr, json.loads(contact.read_text()) if contact.exists() else {}


def accepted(host) -> int:
    """How many SSH connections the server has let in."""
    return int(host.check_output("journalctl -q --no-pager -u ssh | grep -c Accepted || true"))


def test_a_sound_inventory_and_server_pass(host, workspace):
    before = accepted(host)
    host.run_expect([0], "touch /run/marker")
    rc, said, contact = preflight(workspace)
    assert rc == 0, said
    assert contact["reached"] is True
    assert contact["blocking"] == []
    assert (contact["os_release"]["id"], contact["os_release"]["version_id"]) == ("debian", "11")
    assert accepted(host) > before
    # Whoever only looks leaves nothing behind.
    assert host.check_output("find /etc /usr /opt /srv /var/lib /home -newer /run/marker -type f") == ""


@pytest.mark.parametrize(
    ("pattern", "replacement", "line"),
    [
        (r"^prep_domain: .*$", "prep_domain: http://x/", r"prep_domain: expected the public host name"),
        (r"^prep_domain: ", "prep_domian: ", r"prep_domian: .*did you mean prep_domain\?"),
        (r"^  drills: \*tecnico\n", "", r"prep_contacts.drills: expected a contact"),
        (r'^    date: "2022-05-23"$', "    date: ayer", r"prep_documents.commitment.date: expected"),
    ],
)  # fmt: skip
def test_a_mistake_touches_no_server(host, workspace, pattern, replacement, line):
    change(workspace, "host_vars/difusor11.yml", pattern, replacement)
    before = accepted(host)
    rc, said, contact = preflight(workspace)
    assert rc != 0
    assert re.search(f"host_vars/difusor11.yml: {line}", said), said
    assert "no server was touched" in said
    assert accepted(host) == before
    assert contact == {}


def test_an_address_that_would_be_locked_out_is_refused(host, workspace):
    gateway = host.address.rsplit(".", 1)[0] + ".1"
    change(
        workspace, "group_vars/diffusers.yml", r"^prep_allowed_sources: .*$", "prep_allowed_sources: [203.0.113.0/24]"
    )
    change(workspace, "group_vars/diffusers.yml", r"^prep_control_nodes: .*$", "prep_control_nodes: [203.0.113.9]")
    rc, said, contact = preflight(workspace)
    # The server is in the report, so the role itself doesn't fail; whoever converges asks for what blocks.
    assert rc == 0, said
    assert contact["reached"] is True
    assert [one for one in contact["blocking"] if "source_not_allowed" in str(one)]
    assert [one for one in contact["messages"] if f"as {gateway}, which prep_allowed_sources lacks" in one]
    assert "Say who was not reached and what stands in the way" in said


def test_a_finding_can_be_gone_past_and_is_still_said(workspace):
    rc, said, contact = preflight(workspace, preflight_min_free_mb={"/": 100000000})
    assert rc == 0
    assert [one for one in contact["blocking"] if "disk" in str(one)]
    rc, said, contact = preflight(workspace, preflight_min_free_mb={"/": 100000000}, preflight_allow=["disk"])
    assert contact["blocking"] == []
    assert [one for one in contact["findings"] if one["slug"] == "disk" and one["allowed"]]


def test_a_server_that_is_not_there_is_said_and_fails_nobody(workspace):
    change(workspace, "diffusers.ini", r"(?<=difusor11 ansible_host=)\S+", "192.0.2.1")
    change(workspace, "ansible.cfg", r"^timeout = .*$", "timeout = 3")
    rc, said, contact = preflight(workspace)
    assert rc == 0, said
    assert contact["reached"] is False
    assert contact["reason"]
