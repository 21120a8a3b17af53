"""A server is handed back: its logs delivered, nothing of the institute's on it; and it can be lent again."""

from __future__ import annotations

import json
import socket
import tarfile

import workspace
from workspace import addresses, console, must, on, opens, playbook, run

NAME = workspace.DIFFUSERS[-1]
EARLY = ("-e", '{"prep_decommission_early": "prueba"}')
IN_TIME = ("-e", '{"prep_decommission_now": "2022-06-12 23:59"}')
GONE = (
    "/srv/prep", "/etc/rsyncd.secrets", "/etc/rsyncd.conf", "/etc/prep/activator.json", "/usr/local/lib/prep-activator",
    "/etc/systemd/system/prep-activator.service", "/etc/apache2/sites-enabled/000-prep.conf", "/etc/ssl/prep",
    "/etc/ssh/prep_authorized_keys", "/var/lib/prep/safety_net", "/var/lib/prep/backups",
)  # fmt: skip


def listening() -> set[int]:
    """Return the ports that the server listens on."""
    lines = must(NAME, "ss -Hltn | awk '{print $4}'").split()
    return {int(line.rpartition(":")[2]) for line in lines}


def said(done: workspace.Done) -> str:
    """Return what a run wrote, on one line: Ansible wraps messages."""
    return " ".join(done.text.split())


def decommission(*options: str) -> workspace.Done:
    return run(
        "ansible-playbook", "iepc.prep.decommission", "-i", "diffusers.ini", "-l", NAME, *options, cwd=workspace.LAB
    )


def lets_ssh_in() -> dict[str, bool]:
    """Return who gets a connection to the server's port 22: this control node, and the machine of the readers."""
    address = addresses()[NAME]
    try:
        socket.create_connection((address, 22), timeout=3).close()
        here = True
    except OSError:
        here = False
    return {"control": here, "lector": opens("lector", NAME, 22)}


def test_a_server_is_handed_back_and_lent_again() -> None:
    assert {80, 443, 873} <= listening()
    missing = [path for path in GONE[:7] if on(NAME, f"test -e {path}").rc != 0]
    assert not missing
    forgotten = playbook("iepc.prep.decommission", *EARLY)
    assert forgotten.rc == 2 and "expected --limit NAME" in said(forgotten), forgotten.text
    refused = decommission(*IN_TIME)
    assert refused.rc == 2 and "until 2022-06-12 23:59" in said(refused), refused.text
    try:
        done = decommission(*EARLY, *IN_TIME)
        assert done.rc == 0, done.text
        delivered = sorted((workspace.LAB / "delivered").glob(f"{NAME}-*.tar.gz"))
        with tarfile.open(delivered[-1]) as archive:
            names = archive.getnames()
        assert "var/log/apache2/prep_access.log" in names and "srv/prep/state/activations.log" in names
        # Over SSH, which stays: the outlet of this lab named no address of its own.
        left = [path for path in GONE if on(NAME, f"test -e {path}").rc == 0]
        assert not left
        assert not {80, 443, 873} & listening()
        secret = (workspace.LAB / f".lab/rsync-{NAME}").read_text().strip()
        assert on(NAME, f"grep -rqs -- '{secret}' /etc /var/lib/prep /usr/local").rc == 1
        # Once more: there is nothing left to take away.
        again = decommission(*EARLY)
        assert again.rc == 0, again.text
        assert len(list(delivered[0].parent.glob(f"{NAME}-*.tar.gz"))) == len(delivered) + 1
        # An outlet with a way in of its own gets the firewall back, too: the institute's is closed.
        assert lets_ssh_in() == {"control": True, "lector": False}
        own = {"prep_admin_sources": [addresses()["lector"]]}
        closed = decommission(*EARLY, "-e", json.dumps(own))
        assert closed.rc == 0, closed.text
        assert lets_ssh_in() == {"control": False, "lector": True}
    finally:
        # As its outlet would.
        console(NAME, "systemctl stop firewalld")
        back = playbook("site.yml", "-l", NAME)
    assert back.recap()[NAME]["unreachable"] == 0, back.text
    assert {80, 443, 873} <= listening()
    assert "Los resultados aún no se publican" in must(NAME, "cat /srv/prep/current/index.html")
