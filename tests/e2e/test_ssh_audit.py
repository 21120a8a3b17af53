"""ssh-audit's verdict on a diffuser's sshd, and what sshd itself says that it does."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import workspace

DROP_IN = "/etc/ssh/sshd_config.d/00-prep.conf"
WEAK = "hmac-sha1"
# Fallbacks for clients that know no newer exchange, CentOS 7's among them; the exchanges
# that withstand quantum computers come first where the server has them.
ACCEPTED = "does not provide protection against post-quantum attacks"


def findings(name: str) -> list[str]:
    """Return what ssh-audit fails or warns about, without what is accepted with a reason."""
    # Its rate test would open connections until it is banned.
    done = workspace.run("ssh-audit", "--skip-rate-test", "-j", workspace.addresses()[name])
    report = json.loads(done.out)
    return [
        f"{kind} {entry['algorithm']}: {note}"
        for kind in ("kex", "key", "enc", "mac")
        for entry in report[kind]
        for level in ("fail", "warn")
        for note in entry["notes"].get(level, [])
        if note != ACCEPTED
    ]


@pytest.fixture
def weakened() -> Iterator[str]:
    """Add a weak MAC by hand on one diffuser."""
    name = "difusor13"
    workspace.must(name, f"cp -p {DROP_IN} /run/prep-saved && sed -i 's/^MACs .*/&,{WEAK}/' {DROP_IN}")
    workspace.must(name, "systemctl reload ssh")
    workspace.wait_for_ssh(name)
    yield name
    workspace.must(name, f"cp -p /run/prep-saved {DROP_IN} && systemctl reload ssh")
    workspace.wait_for_ssh(name)


def test_nothing_weak_is_offered(each: str) -> None:
    assert findings(each) == []


def test_quantum_safe_exchanges_come_first_where_they_exist(each: str) -> None:
    done = workspace.must(each, "sshd -T")
    first = next(line for line in done.splitlines() if line.startswith("kexalgorithms")).split()[1].split(",")[0]
    expected = {"difusor12": "sntrup761x25519-sha512@openssh.com", "difusor13": "mlkem768x25519-sha256"}
    assert first == expected.get(each, "curve25519-sha256")


def test_a_weak_algorithm_is_found(weakened: str) -> None:
    assert any(WEAK in finding for finding in findings(weakened))
