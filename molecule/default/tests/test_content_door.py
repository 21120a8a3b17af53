"""The door for cuts: who may write, and that nobody reads back."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def push(host):
    """Return a function that pushes one file from a machine: ``push(machine, secret) -> rc``."""

    def run(machine, secret: str) -> int:
        return machine.run(
            # Whole, as cuts are pushed: this client and Debian 11's daemon were seen to disagree about a delta.
            "echo corte > /tmp/corte.txt && "
            "RSYNC_PASSWORD=%s rsync --whole-file --contimeout=4 --timeout=10 /tmp/corte.txt %s",
            secret,
            f"rsync://iepc@{host.address}/prep/corte.txt",
        ).rc

    return run


@pytest.fixture(scope="module")
def right(secret) -> str:
    return Path(secret).read_text().strip()


def test_the_origin_writes_with_the_right_secret(host, origin, push, right):
    assert push(origin, right) == 0
    arrived = host.file("/srv/prep/incoming/corte.txt")
    assert arrived.content_string == "corte\n"
    assert arrived.user == "prep"


def test_a_wrong_secret_is_refused(origin, push):
    assert push(origin, "not-the-secret") == 5


def test_a_wrong_address_is_refused(reader, push, right):
    assert push(reader, right) != 0


def test_nothing_is_read_back(host, origin, push, right):
    assert push(origin, right) == 0
    read = origin.run(
        "RSYNC_PASSWORD=%s rsync --contimeout=4 rsync://iepc@%s/prep/corte.txt /tmp/back.txt",
        right,
        host.address,
    )
    assert read.rc != 0
    assert "write only" in read.stderr


def test_the_module_is_not_listed(host, origin):
    assert "prep" not in origin.run(f"rsync --contimeout=4 rsync://{host.address}/").stdout


def test_the_secret_is_for_root_alone(host):
    secrets = host.file("/etc/rsyncd.secrets")
    assert (secrets.user, secrets.mode) == ("root", 0o600)


def test_the_daemon_comes_back_after_a_reboot(host):
    name = "rsync" if host.file("/etc/debian_version").exists else "rsyncd"
    assert host.service(name).is_running
    assert host.service(name).is_enabled
