"""What the report finds, the remedy that it names mends; what each breakage turns is in test_breakages.py."""

from __future__ import annotations

import workspace
from workspace import must

HOST = "difusor12"


def test_a_run_repairs_what_a_hand_broke() -> None:
    """The remedy of `firewall.restricted_ports`, `--tags firewalld`, closes the port again."""
    must(HOST, "firewall-cmd -q --permanent --zone=prep --add-port=873/tcp && firewall-cmd -q --reload")
    assert workspace.opens("lector", HOST, 873)
    done = workspace.playbook("site.yml", "--limit", HOST, "--tags", "firewalld")
    assert done.rc == 0, done.text[-4000:]
    assert not workspace.opens("lector", HOST, 873)
