"""The way in: what sshd and the firewall really do, not what their files say."""

from __future__ import annotations

import pytest

OUTSIDE = "user=root,host=outside,addr=198.51.100.77"


@pytest.fixture(scope="module")
def effective(host) -> dict[str, str]:
    """Return sshd's effective options for root from an address outside, in lower case."""
    lines = host.check_output(f"/usr/sbin/sshd -T -C {OUTSIDE}").splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line)


def test_no_password_opens_root(effective):
    assert effective["passwordauthentication"] == "no"
    assert effective["permitrootlogin"] in ("prohibit-password", "without-password")
    assert effective["permitemptypasswords"] == "no"


def test_a_key_is_asked_for_and_offered(effective):
    assert effective["pubkeyauthentication"] == "yes"


def test_no_weak_cipher_is_offered(effective):
    offered = effective["ciphers"].split(",") + effective["macs"].split(",")
    assert offered
    assert not [name for name in offered if "cbc" in name or "arcfour" in name or "sha1" in name]


def test_the_running_firewall_has_the_zone_and_lets_ssh_in_nowhere_else(host):
    assert host.check_output("firewall-cmd --get-default-zone") == "prep"
    assert host.check_output("firewall-cmd --zone=prep --list-services") == ""
    assert sorted(host.check_output("firewall-cmd --zone=prep --list-ports").split()) == ["443/tcp", "80/tcp"]


def test_the_running_firewall_is_the_saved_one(host):
    running = host.check_output("firewall-cmd --list-all --zone=prep").splitlines()
    saved = host.check_output("firewall-cmd --permanent --list-all --zone=prep").splitlines()
    # "prep (active)" in the one, "prep" in the other, rules in any order; the rest says what is open.
    wanted = ("services:", "ports:", "rule ")
    assert sorted(line for line in running if line.strip().startswith(wanted)) == sorted(
        line for line in saved if line.strip().startswith(wanted)
    )


def test_the_firewall_comes_back_after_a_reboot(host):
    assert host.service("firewalld").is_running
    assert host.service("firewalld").is_enabled


@pytest.mark.parametrize("port", [80, 443])
def test_anybody_reaches_the_web(host, reader, port):
    assert reader.run(f"nc -z -w 3 {host.address} {port}").rc == 0


@pytest.mark.parametrize("port", [22, 873])
def test_only_announced_addresses_reach_ssh_and_rsync(host, reader, origin, port):
    assert reader.run(f"nc -z -w 3 {host.address} {port}").rc != 0
    assert origin.run(f"nc -z -w 3 {host.address} {port}").rc == 0
