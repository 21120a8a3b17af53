"""Foreign services are named, stopped and stay stopped; what PREP and the way in need goes on."""

from __future__ import annotations

import json
import subprocess

import pytest
from conftest import WORKSPACE

STOPPED = ("redis-server.service", "exim4.service", "rpcbind.socket", "rpcbind.service", "tienda.service")
UNTOUCHED = (
    "ssh.service",
    "apache2.service",
    "rsync.service",
    "fail2ban.service",
    "cron.service",
    "qemu-guest-agent.service",
    "zabbix-agent.service",
    "contador.service",
)


def role(host, **variables) -> tuple[int, str]:
    """Apply the role in check mode; return the exit code and all that was said."""
    playbook = [
        {
            "hosts": host.name,
            "gather_facts": False,
            "roles": [{"role": "iepc.prep.dedicated_host", "vars": variables}],
        }
    ]
    path = WORKSPACE / "tests.yml"
    path.write_text(json.dumps(playbook))
    done = subprocess.run(
        ["ansible-playbook", "--check", "--diff", "-i", str(WORKSPACE / "diffusers.ini"), str(path)],
        capture_output=True,
        text=True,
        cwd=WORKSPACE,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("unit", STOPPED)
def test_foreign_ones_are_stopped_for_good(host, unit):
    assert host.run(f"systemctl is-active {unit}").stdout.strip() in ("inactive", "failed")
    assert host.run(f"systemctl is-enabled {unit}").stdout.strip() != "enabled"


@pytest.mark.parametrize("unit", UNTOUCHED)
def test_the_rest_goes_on(host, unit):
    assert host.run(f"systemctl is-active {unit}").stdout.strip() == "active"


def test_nothing_answers_there_any_more(host):
    ports = host.check_output("ss -H -lntu")
    for port in (6379, 25, 111, 8080):
        assert f":{port} " not in ports, ports
    # The same question about what stays: it can see a port.
    for port in (22, 80, 873, 9191, 10050):
        assert f":{port} " in ports, ports


def test_nothing_was_removed(host):
    assert host.package("redis-server").is_installed
    assert host.file("/etc/systemd/system/tienda.service").exists
    assert host.user("ventas").exists
    assert "/bin/true" in host.check_output("crontab -l -u ventas")


def test_what_is_left_is_named_with_evidence(host):
    rc, said = role(host, dedicated_host_domain="prep.example.org")
    assert rc == 0, said
    for words in (
        "package redis-server (database): version ",
        "vhost tienda.example (web): port 80, /etc/apache2/sites-enabled/tienda.conf:1",
        "cron /etc/cron.daily/respaldo: user root, @daily",
        "cron /var/spool/cron/crontabs/ventas: user ventas, */5 * * * * /bin/true",
        "account ventas: uid 1000, shell /bin/bash, password hash, keys 0",
        "port 9191/tcp: 0.0.0.0:9191/tcp, process python3, user root, unit qemu-guest-agent.service, package python3",
        "stays: it belongs to the hypervisor or the provider",
        "unit contador.service: active, running, enabled; /etc/systemd/system/contador.service, of no package",
        "stays: it is not known: name it in dedicated_host_foreign_units",
        "port 10050/tcp",
    ):
        assert words in said, f"{words}\n{said}"
    assert "prep.example.org (" not in said
    assert "e2scrub" not in said


def test_check_mode_says_what_would_stop_and_stops_nothing(host):
    assert host.run("systemctl enable --now tienda redis-server").rc == 0
    try:
        rc, said = role(host, dedicated_host_mode="enforce", dedicated_host_domain="prep.example.org")
        assert rc == 0, said
        assert "would stop redis-server.service" in said
        assert "unit redis-server.service (database): active, running, enabled; 127.0.0.1:6379/tcp" in said
        assert "would stop tienda.service" in said
        assert "-tienda.service active enabled" in said
        assert host.service("tienda").is_running
        assert host.service("redis-server").is_running
    finally:
        host.run("systemctl disable --now tienda redis-server")


def test_a_wrong_allowance_is_one_clear_line(host):
    rc, said = role(host, dedicated_host_allowed=[{"kind": "servise", "name": "x", "reason": "y"}])
    assert rc != 0
    assert "value of kind must be one of: unit, port, process" in said and "servise" in said
    rc, said = role(host, dedicated_host_allowed=[{"kind": "unit", "name": "x", "reason": " "}])
    assert rc != 0
    assert "dedicated_host_allowed[0].reason: expected a text, got nothing" in said
    rc, said = role(host, dedicated_host_foreign_units=["sshd"])
    assert rc != 0
    assert "expected a unit that may be stopped, got sshd, which carries the way in (SSH)" in said
