"""The door lets the origin push a tree, and nobody do anything else; its process can't leave its room."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from reruns import converge
from reruns import said as told

INCOMING = "/srv/prep/incoming"


@pytest.fixture(scope="module")
def right(secret) -> str:
    return Path(secret).read_text().strip()


@pytest.fixture(scope="module")
def push(host, right):
    """Return a function that pushes a tree of two files: ``push(machine, options, secret) -> result``."""

    def run(machine, options: str = "-rt --whole-file --delete", password: str = right):
        return machine.run(
            "mkdir -p /tmp/tree/sub && echo corte > /tmp/tree/index.html && echo datos > /tmp/tree/sub/d.csv && "
            f"RSYNC_PASSWORD=%s rsync --contimeout=4 --timeout=10 {options} /tmp/tree/ %s",
            password,
            f"rsync://iepc@{host.address}/prep/",
        )

    return run


@pytest.fixture
def empty(host):
    """Start with nothing received."""
    host.check_output(f"find {INCOMING} -mindepth 1 -delete")


@pytest.mark.parametrize("compression", ["", "-z", "--zc=zstd"])
def test_a_tree_arrives_whole_as_the_unprivileged_user(host, origin, push, empty, compression):
    host.check_output(f"install -o prep -g prep /dev/null {INCOMING}/gone")
    done = push(origin, f"-rt --whole-file --delete {compression}")
    assert done.rc == 0, done.stderr
    assert host.file(f"{INCOMING}/sub/d.csv").content_string == "datos\n"
    arrived = host.file(f"{INCOMING}/index.html")
    assert (arrived.user, arrived.group, arrived.mode) == ("prep", "prep", 0o644)
    assert not host.file(f"{INCOMING}/gone").exists


def test_a_wrong_secret_or_address_is_refused(host, origin, reader, push, right, empty):
    assert push(origin, password="not-the-secret").rc == 5
    assert push(reader).rc != 0
    assert not host.file(f"{INCOMING}/index.html").exists
    assert push(origin).rc == 0


def test_the_server_itself_is_not_let_in(host, right):
    done = host.run("RSYNC_PASSWORD=%s rsync /etc/hostname rsync://iepc@127.0.0.1/prep/", right)
    assert done.rc != 0 and "@ERROR" in done.stderr


def test_nothing_is_listed_or_read_back(host, origin, push, right):
    assert push(origin).rc == 0
    assert origin.check_output(f"rsync --contimeout=4 rsync://{host.address}/") == ""
    read = origin.run("RSYNC_PASSWORD=%s rsync -r %s /tmp/back/", right, f"rsync://iepc@{host.address}/prep/")
    assert read.rc != 0 and "write only" in read.stderr
    assert not origin.file("/tmp/back/index.html").exists


@pytest.mark.parametrize(
    "options",
    [
        "-rt --inplace", "-rt --append", "-rlt", "-rtp", "-rto", "-rtg", "-rtH", "-rtD", "-rtA", "-rtX", "-rt --super",
        "-rt --temp-dir=/", "-rt --link-dest=/", "-rt --copy-dest=/", "-rt --backup", "-rt --partial-dir=x",
        "-rt -M--log-file=/x", "-rt -M--write-devices", "-a",
    ],
)  # fmt: skip
def test_an_option_that_could_do_harm_is_refused(host, origin, push, empty, options):
    done = push(origin, options)
    assert done.rc == 4, f"{done.rc}: {done.stderr}"
    assert "refuse" in done.stderr
    assert not host.file(f"{INCOMING}/index.html").exists


def main_pid(host) -> str:
    return host.check_output("systemctl show -p MainPID rsync | cut -d= -f2")


def test_the_process_cannot_leave_its_room(host):
    inside = f"nsenter -t {main_pid(host)} -m --"
    for path in ("/etc/prep-test", "/usr/bin/prep-test", "/srv/prep/prep-test", "/var/lib/prep-test"):
        done = host.run(f"{inside} touch {path}")
        assert done.rc != 0 and "Read-only file system" in done.stderr, f"{path}: {done.rc} {done.stderr}"
    # The same way in, where it has to write.
    assert host.run(f"{inside} touch {INCOMING}/prep-test && rm {INCOMING}/prep-test").rc == 0
    assert host.run(f"{inside} ls /root").rc != 0 or host.check_output(f"{inside} ls -A /root") == ""
    assert host.run(f"{inside} test -e /dev/mem -o -e /dev/kmsg").rc != 0


def test_the_process_has_few_capabilities_and_system_calls(host):
    status = dict(
        line.split(":\t", 1)
        for line in host.check_output(f"cat /proc/{main_pid(host)}/status").splitlines()
        if ":\t" in line
    )
    wanted = (2, 6, 7, 10, 18)  # dac_read_search, setgid, setuid, net_bind_service, sys_chroot (capability.h)
    assert int(status["CapBnd"], 16) == sum(1 << number for number in wanted)
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_systemd_knows_every_directive_and_finds_the_unit_confined(host):
    assert "Unknown" not in host.run("systemd-analyze verify rsync.service").stderr
    exposure = float(
        host.check_output("systemd-analyze security rsync.service --no-pager | tail -1").split(":")[1].split()[0]
    )
    assert exposure < 3.0, exposure


WEAKENED = {
    "write only = yes": ("write only = no", "what it holds can be read back"),
    "list = no": ("list = yes", "anybody is told that module prep exists"),
    "auth users = iepc": ("", "lets in without a secret"),
    "hosts allow = .*": ("hosts allow = 192.0.2.9", "not let in from here"),
    "refuse options = .*": ("refuse options = append", "it takes --inplace"),
    "read only = no": ("read only = yes", "does not let a plain push begin"),
}


@pytest.mark.parametrize("line", WEAKENED)
def test_the_check_sees_a_door_that_was_weakened(host, right, line):
    changed, said = WEAKENED[line]
    host.check_output("cp -a /etc/rsyncd.conf /tmp/rsyncd.conf")
    arguments = {"address": host.address, "module": "prep", "user": "iepc", "secret": right}
    arguments["refused"] = ["--inplace", "--append"]
    # The implicit localhost, as a delegated task has it.
    argv = ["ansible", "localhost", "-m", "iepc.prep.rsync_door", "-a", json.dumps(arguments)]
    try:
        sound = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        assert sound.returncode == 0, told(sound)
        host.check_output(f"sed -i 's/^{line}$/{changed}/' /etc/rsyncd.conf")
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    finally:
        host.check_output("mv /tmp/rsyncd.conf /etc/rsyncd.conf")
    assert done.returncode != 0
    assert said in told(done), told(done)
    assert right not in told(done)


def test_a_changed_sandbox_waits_for_what_is_just_arriving(host, origin, push, right, empty):
    before = main_pid(host)
    origin.check_output("mkdir -p /tmp/big && head -c 3000000 /dev/urandom > /tmp/big/cut.zip")
    origin.run(
        f"RSYNC_PASSWORD={right} setsid sh -c 'rsync -rt --whole-file --bwlimit=100 /tmp/big/ "
        f"rsync://iepc@{host.address}/prep/; echo $? > /tmp/big.rc' >/dev/null 2>&1 &"
    )
    host.check_output(f"for i in $(seq 50); do pgrep -P {before} && exit 0; sleep 0.1; done; exit 1")
    changed = ("-e", "{rsync_daemon_writable_paths: [/var/tmp]}")

    refused = converge(*changed, "-e", "rsync_daemon_restart_wait_s=0")
    assert refused.returncode != 0
    assert "a transfer is under way" in told(refused)
    assert main_pid(host) == before
    assert "/var/tmp" not in host.file("/etc/systemd/system/rsync.service.d/prep.conf").content_string

    waited = converge(*changed)
    assert waited.returncode == 0, told(waited)
    assert main_pid(host) != before
    assert origin.check_output("for i in $(seq 50); do cat /tmp/big.rc 2>/dev/null && exit 0; sleep 0.1; done") == "0"
    assert host.file(f"{INCOMING}/cut.zip").size == 3000000
    assert converge().returncode == 0


SLOW = """
[Service]
ExecStart=
ExecStart=/bin/sh -c 'sleep 12; exec /usr/bin/rsync --daemon --no-detach'
"""


def test_a_daemon_that_is_slow_to_listen_is_waited_for(host, origin, push, empty):
    """As on a machine that sets up many sandboxes at once: systemd has it active long before rsync runs."""
    directory = "/etc/systemd/system/rsync.service.d"
    host.check_output("printf %%s %s > %s/zz-slow.conf && rm %s/prep.conf", SLOW, directory, directory)
    try:
        done = converge()
        assert done.returncode == 0, told(done)
        assert push(origin).rc == 0
    finally:
        host.check_output(f"rm {directory}/zz-slow.conf && systemctl daemon-reload && systemctl restart rsync")
        host.check_output("for i in $(seq 50); do [ -e /run/rsyncd/rsyncd.pid ] && exit 0; sleep 0.1; done; exit 1")


def test_a_new_secret_counts_at_once_and_is_not_shown(host, origin, push, right):
    before = main_pid(host)
    done = converge("--diff", "-e", "rsync_daemon_secret=Another-Secret-0123456789")
    try:
        assert done.returncode == 0, told(done)
        assert "Another-Secret" not in told(done) and right not in told(done)
        assert push(origin, password="Another-Secret-0123456789").rc == 0
        assert push(origin).rc == 5
        assert main_pid(host) == before
    finally:
        assert converge().returncode == 0
    assert push(origin).rc == 0


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("rsync_daemon_secret=", "rsync_daemon_secret: expected"),
        ('{rsync_daemon_secret: "two lines,\\nof 30 characters each"}', "rsync_daemon_secret: expected"),
        ("rsync_daemon_module='a b'", "rsync_daemon_module: expected"),
        ("rsync_daemon_module=[prep]", "rsync_daemon_module: expected"),
        ("rsync_daemon_path=srv/prep", "rsync_daemon_path: expected an absolute path"),
        ("{rsync_daemon_hosts_allow: [origen.example]}", "rsync_daemon_hosts_allow: expected an IP address"),
        ("{rsync_daemon_hosts_allow: [127.0.0.1]}", "never the server itself"),
        ("rsync_daemon_user=nobody-here", "nobody-here and the directory"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(host, option, said):
    before = host.check_output("cat /etc/rsyncd.conf /etc/rsyncd.secrets | sha256sum")
    done = converge("-e", option)
    assert done.returncode != 0
    assert said in told(done)
    assert host.check_output("cat /etc/rsyncd.conf /etc/rsyncd.secrets | sha256sum") == before


def test_the_daemon_comes_back_after_a_reboot_and_after_a_crash(host):
    assert host.service("rsync").is_enabled
    before = main_pid(host)
    host.check_output(f"kill -SEGV {before}")
    host.check_output(
        "for i in $(seq 50); do systemctl is-active rsync && [ -e /run/rsyncd/rsyncd.pid ] && exit 0; sleep 0.1; done; "
        "exit 1"
    )
    assert main_pid(host) not in ("0", before)
