"""What the system does with drivers, dumps and settings, asked of the tools that read the files."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("module", ["usb_storage", "firewire_core", "dccp", "tipc"])
def test_a_driver_that_nobody_needs_is_not_loaded(host, module):
    """modprobe(8) itself says what it would run in the driver's place."""
    host.check_output("command -v modprobe || apt-get install -y -qq kmod")
    assert f"install {module} /bin/false" in host.check_output("modprobe --showconfig")


@pytest.mark.parametrize("user", ["root", "daemon"])
def test_a_program_that_crashes_leaves_no_core(host, user):
    """Limits are PAM's: asked in a login session, as somebody at the console has one."""
    assert host.check_output("su -s /bin/sh -l %s -c 'ulimit -H -c'", user) == "0"


def test_services_leave_none_either(host):
    shown = host.check_output("systemd-analyze cat-config systemd/coredump.conf")
    assert "Storage=none" in shown.splitlines()


def test_the_console_says_whose_server_it_is(host):
    assert "Programa de Resultados Electorales Preliminares" in host.check_output("cat /etc/issue")


def test_the_kernel_takes_the_file(host):
    """Every key that this kernel has, and lets a container set, holds the value that was written."""
    done = host.run("sysctl -e -p /etc/sysctl.d/80-prep-system.conf")
    refused = [line for line in done.stderr.splitlines() if "Read-only" not in line and "permission" not in line]
    assert refused == []
