"""Clause II.3: a guessed password ends in a ban, an attack in a URL in a refusal."""

from __future__ import annotations

import time

import workspace
from workspace import addresses, must, on, opens

ATTEMPTS = 5
ATTACK = "/?q=%3Cscript%3Ealert(1)%3C/script%3E"


def guess_password(machine: str, target: str) -> None:
    """Offer a wrong password over SSH, once; a ban in the middle of the connection leaves it hanging."""
    done = on(
        machine,
        "timeout 15 sshpass -p not-the-password ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
        "-o PubkeyAuthentication=no -o PreferredAuthentications=password,keyboard-interactive "
        f"-o NumberOfPasswordPrompts=1 -o ConnectTimeout=5 root@{addresses()[target]} true",
    )
    assert done.rc != 0


def banned(target: str) -> str:
    """Return the line of ``fail2ban-client status sshd`` with the banned addresses."""
    status = must(target, "fail2ban-client status sshd")
    return next(line for line in status.splitlines() if "Banned IP list" in line)


def test_five_wrong_passwords_are_banned(each: str) -> None:
    origin = addresses()["origen"]
    must(each, f"fail2ban-client set sshd unbanip {origin} || true")
    assert origin not in banned(each)
    assert opens("origen", each, 22)
    before = must(each, "nft list ruleset").count(origin)
    try:
        for _ in range(ATTEMPTS):
            guess_password("origen", each)
        deadline = time.monotonic() + 30
        while origin not in banned(each):
            assert time.monotonic() < deadline, must(
                each, "fail2ban-client status sshd; tail -n 30 /var/log/fail2ban.log"
            )
            time.sleep(1)
        # Both what fail2ban says and what the kernel holds, and what it does to a packet.
        assert must(each, "nft list ruleset").count(origin) > before
        assert not opens("origen", each, 22)
        # Nobody else is affected: the control node, and readers on the web.
        assert on(each, "true").rc == 0
        assert opens("lector", each, 443)
    finally:
        must(each, f"fail2ban-client set sshd unbanip {origin}")
    assert opens("origen", each, 22)


def test_a_ban_survives_a_reload_of_the_firewall(each: str) -> None:
    """firewalld flushes what it does not know on reload; a ban that vanishes then is no ban."""
    stranger = "198.51.100.99"
    must(each, f"fail2ban-client set sshd banip {stranger}")
    try:
        must(each, "firewall-cmd --reload && sleep 2")
        assert stranger in must(each, "nft list ruleset")
    finally:
        must(each, f"fail2ban-client set sshd unbanip {stranger}")


def test_the_control_node_is_never_banned(each: str) -> None:
    control = addresses()["origen"].rsplit(".", 1)[0] + ".1"
    assert control in must(each, "fail2ban-client get sshd ignoreip")


def test_an_attack_in_a_url_is_refused_and_logged(each: str) -> None:
    logs = "cat /var/log/apache2/*.log"
    before = must(each, logs).count("ModSecurity: Access denied")
    url = f"http://{addresses()[each]}"
    status = must("lector", f"curl -sS --max-time 10 -o /dev/null -w '%{{http_code}}' '{url}{ATTACK}'")
    assert status == "403"
    assert must(each, logs).count("ModSecurity: Access denied") > before
    harmless = must("lector", f"curl -sS --max-time 10 -o /dev/null -w '%{{http_code}}' '{url}/?q=resultados'")
    assert harmless == "200"


def test_the_reader_was_not_banned_by_one_attack(each: str) -> None:
    assert workspace.opens("lector", each, 80)
