"""Jails that run, a clock that is kept, bounds that hold."""

from __future__ import annotations

import pytest


def test_the_jails_run(host):
    status = host.check_output("fail2ban-client status")
    jails = {name.strip() for name in status.split("Jail list:")[1].split(",")}
    assert "sshd" in jails
    assert [name for name in jails if name.startswith(("apache", "prep"))]


def test_the_sshd_jail_watches_something(host):
    """A jail without a log to read is the classic dead jail: running, and blind."""
    status = host.check_output("fail2ban-client status sshd")
    assert "File list:" in status or "Journal matches:" in status
    line = next(line for line in status.splitlines() if "File list:" in line or "Journal matches:" in line)
    assert line.split(":", 1)[1].strip()


def test_the_control_node_is_never_banned(host):
    gateway = host.address.rsplit(".", 1)[0] + ".1"
    assert gateway in host.check_output("fail2ban-client get sshd ignoreip")


@pytest.mark.parametrize("module", ["reqtimeout_module", "security2_module", "mpm_event_module"])
def test_the_loaded_modules(host, module):
    assert module in host.check_output("apachectl -M 2>/dev/null")


SLOW_CLIENT = """
import socket, time
started = time.time()
client = socket.create_connection(("{address}", 80), 5)
client.settimeout(70)
client.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n")
while client.recv(4096):
    pass
print(int(time.time() - started))
"""


def test_a_slow_request_is_cut_off(host, reader):
    """A client that never finishes its header is dropped: mod_reqtimeout, not Apache's 60 s or more."""
    taken = reader.check_output("python3 -c %s", SLOW_CLIENT.format(address=host.address))
    assert int(taken) < 50


def test_the_clock_is_kept(host):
    assert any(host.service(name).is_running for name in ("chrony", "chronyd"))
    assert host.check_output("TZ=America/Monterrey date -d '2027-06-06 20:00' +%z") == "-0600"


def test_syn_cookies_are_on(host):
    assert host.check_output("cat /proc/sys/net/ipv4/tcp_syncookies") in ("1", "2")


def test_logs_outlive_the_election(host):
    """Access logs are asked for by day: a policy of at least 30 files, or of 30 days, is in force."""
    found = host.run("logrotate -d /etc/logrotate.conf 2>&1 | grep -A3 -E 'apache2|httpd'")
    assert found.stdout


def test_no_other_service_listens(host):
    """Nothing but SSH, the web and rsync is open to the network."""
    lines = host.check_output("ss -H -ltn").splitlines()
    open_to_all = {
        line.split()[3].rsplit(":", 1)[1] for line in lines if not line.split()[3].startswith(("127.", "[::1]"))
    }
    assert open_to_all <= {"22", "80", "443", "873"}
