"""What a flooding, a dawdling and an overbearing client gets, and that a reader is served all the while."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

SCENARIO = Path(__file__).resolve().parents[1]
# Holds connections open until one is not answered within a second, at most `most`, then lets go of all.
HOLD = """
import socket
held = []
try:
    for _ in range({most}):
        held.append(socket.create_connection(("{address}", 80), 1))
except OSError:
    pass
print(len(held))
"""
# Opens up to 200 connections a second and drops each at once, by a reset, until one is not answered.
# Not faster: the kernel forgets dropped ones once in a tick, and would take a tick's worth for held.
HURRY = """
import socket, struct, time
opened = 0
try:
    for _ in range({most}):
        client = socket.create_connection(("{address}", 80), 0.9)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        opened += 1
        time.sleep(0.005)
except OSError:
    pass
print(opened)
"""
# Asks as often as it is answered, over connections that are kept, until one takes longer than half a second.
ASK = """
import http.client, time
began, answered = time.time(), 0
try:
    while answered < {most}:
        if answered % 50 == 0:
            client = http.client.HTTPConnection("{address}", 80, timeout=0.5)
        client.request("GET", "/")
        client.getresponse().read()
        answered += 1
except OSError:
    pass
print(answered, time.time() - began)
"""
SLOW = """
import socket, time
started = time.time()
client = socket.create_connection(("{address}", 80), 5)
client.settimeout(60)
client.sendall({start!r})
try:
    while client.recv(4096):
        pass
except OSError as error:
    print("error", error)
print(int(time.time() - started))
"""


def run(machine, program: str, **values: object) -> str:
    """Run a Python program on a machine; return what it printed."""
    return machine.check_output("python3 -c %s", program.format(**values))


def status(machine, address: str, *options: str) -> str:
    """Return the status of one request."""
    return machine.check_output(
        f"curl -s -o /dev/null --max-time 5 --retry 5 --retry-connrefused --retry-delay 1 -w '%{{http_code}}'"
        f" {' '.join(options)} http://{address}/"
    )


def test_one_source_holds_so_many_connections_and_no_more(host, reader):
    assert run(reader, HOLD, address=host.address, most=60) == "30"
    # Having let go, it is a reader like any other.
    assert status(reader, host.address) == "200"


def test_one_source_opens_so_many_a_second_and_no_more(host, reader):
    opened = int(run(reader, HURRY, address=host.address, most=400))
    # The burst of 80, and 40 more for each second that it took.
    assert 80 <= opened < 200


def test_one_source_asks_so_often_and_no_more(host, reader):
    answered, took = (float(word) for word in run(reader, ASK, address=host.address, most=2000).split())
    # The burst of 80, and 40 more for each second that it took. What was dropped comes again: nobody is shut out.
    assert 70 <= answered <= 85 + 40 * took
    assert status(reader, host.address) == "200"


def test_who_asks_on_is_not_forgotten_after_a_minute(host, reader):
    """A rate's entry that a packet didn't renew would be gone after its minute, and the whole burst be there again."""
    if host.service("firewalld").is_running:
        pytest.skip("no nft set here, but hashlimit's table; the scenario's other server has the set, always")

    def left() -> int:
        assert status(reader, host.address) == "200"
        entries = json.loads(host.check_output("nft -j list set inet prep_limits asks4"))["nftables"][1]["set"]["elem"]
        return min(entry["elem"]["expires"] for entry in entries)

    host.check_output("nft flush set inet prep_limits asks4")
    left()
    host.check_output(
        "timeout 20 sh -c 'until nft list set inet prep_limits asks4 | grep -q expires.5[0-7]; do sleep 0.2; done'"
    )
    assert left() >= 58


def test_who_fetches_much_is_not_taken_for_who_asks_much(host, reader):
    """Acknowledgements of a large file are no requests."""
    root = host.check_output("apachectl -S 2>/dev/null | sed -n 's/^Main DocumentRoot: \"\\(.*\\)\"/\\1/p'")
    host.check_output(f"head -c 60000000 /dev/urandom > {root}/large.bin && chmod 644 {root}/large.bin")
    try:
        size = reader.check_output(
            f"curl -s --max-time 20 -o /dev/null -w '%{{size_download}}' http://{host.address}/large.bin"
        )
        assert size == "60000000"
        # Right after it, it is answered at once.
        assert float(run(reader, ASK, address=host.address, most=20).split()[0]) == 20
    finally:
        host.check_output(f"rm {root}/large.bin")


def test_an_address_that_is_spared_asks_more(host):
    client = http.client.HTTPConnection(host.address, 80, timeout=2)
    for _ in range(150):
        client.request("GET", "/")
        client.getresponse().read()


def test_an_address_that_is_spared_holds_more(host):
    """From the control node: the same server, beyond what the reader may hold."""
    held = [socket.create_connection((host.address, 80), 2) for _ in range(60)]
    assert len(held) == 60
    for one in held:
        one.close()


def test_the_limits_outlive_a_reload_of_the_firewall(host, reader):
    if host.service("firewalld").is_running:
        host.check_output("firewall-cmd --reload")
        assert run(reader, HOLD, address=host.address, most=60) == "30"


def test_the_limits_come_back_after_a_reboot(host, reader):
    unit = "firewalld" if host.service("firewalld").is_running else "prep-limits"
    assert host.service(unit).is_enabled
    host.check_output(f"systemctl restart {unit}")
    if unit == "firewalld":
        # It says that it was started before its rules are in place.
        host.check_output("timeout 20 sh -c 'until firewall-cmd --state; do sleep 0.2; done'")
    assert run(reader, HOLD, address=host.address, most=60) == "30"


# A namespace of its own for a client with two addresses of one /64 and one of another, and a
# listener, for Apache found no IPv6 in this container when it was started.
SUBSCRIBER = """
set -e
switch() { unshare -m sh -c "mount -o remount,rw /proc/sys && sysctl -qw net.ipv6.conf.all.disable_ipv6=$1"; }
case $1 in
make)
    switch 0
    ip netns add client
    ip link add prep0 type veth peer name prep1
    ip link set prep1 netns client
    ip netns exec client unshare -m sh -c "mount -o remount,rw /proc/sys && sysctl -qw net.ipv6.conf.all.disable_ipv6=0"
    ip link set prep0 up
    ip netns exec client ip link set prep1 up
    for a in fd00:1::1 fd00:2::1; do ip addr add $a/64 dev prep0 nodad; done
    for a in fd00:1::2 fd00:1::3 fd00:2::2; do ip netns exec client ip addr add $a/64 dev prep1 nodad; done
    systemd-run -q --collect --unit=listener python3 -c "
import socket, time
server = socket.socket(socket.AF_INET6)
server.bind(('::', 443))
server.listen(200)
time.sleep(60)"
    timeout 10 sh -c 'until ss -ltn | grep -q :443; do sleep 0.1; done' ;;
remove)
    systemctl stop listener
    ip netns del client
    switch 1 ;;
esac
"""
HOLD_BY_SIX = """
import socket
def hold(source, server, most):
    held = []
    try:
        for _ in range(most):
            held.append(socket.create_connection((server, 443), 1, (source, 0)))
    except OSError:
        pass
    return held
kept = [hold("fd00:1::2", "fd00:1::1", 20), hold("fd00:1::3", "fd00:1::1", 20), hold("fd00:2::2", "fd00:2::1", 20)]
print(*[len(one) for one in kept])
"""


@pytest.fixture
def subscriber(host):
    """Have a client with IPv6 beside the server."""
    host.check_output("sh -c %s sh make", SUBSCRIBER)
    yield
    host.check_output("sh -c %s sh remove", SUBSCRIBER)


@pytest.mark.usefixtures("subscriber")
def test_one_ipv6_subscriber_is_one_source_whatever_its_addresses(host):
    """20 from one address leave 10 to its neighbour of the same /64; another /64 has its own."""
    assert host.check_output("ip netns exec client python3 -c %s", HOLD_BY_SIX) == "20 10 20"


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", "header"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nab", "body"),
    ],
)
def test_who_never_finishes_a_request_is_cut_off(host, reader, start, what):
    assert int(run(reader, SLOW, address=host.address, start=start)) <= 12, what
    assert status(reader, host.address) == "200"


def test_what_no_reader_sends_is_refused(host, reader):
    assert status(reader, host.address, "-H", "'X: '$(head -c 9000 /dev/zero | tr '\\0' a)") == "400"
    assert status(reader, host.address + "/" + "a" * 5000) == "414"
    many = " ".join(f"-H 'X-{number}: 1'" for number in range(100))
    assert status(reader, host.address, many) == "400"
    assert (
        status(
            reader, host.address, "-H 'Content-Type: text/plain' --data-binary $(head -c 70000 /dev/zero | tr '\\0' a)"
        )
        == "413"
    )


def test_many_pieces_of_one_file_are_not_cut(host, reader):
    pieces = ",".join(f"{start}-{start + 1}" for start in range(0, 40, 2))
    assert status(reader, host.address, f"-H 'Range: bytes={pieces}'") == "200"
    assert status(reader, host.address, "-H 'Range: bytes=0-1'") == "206"


def test_as_many_wait_in_the_queue_as_the_kernel_allows(host):
    wanted = min(4096, int(host.check_output("cat /proc/sys/net/core/somaxconn")))
    queues = {line.split()[2] for line in host.check_output("ss -ltn").splitlines() if re.search(r":80\s", line)}
    assert queues == {str(wanted)}


def test_apache_runs_with_the_sizes_that_were_computed(host):
    """Threads of the running processes: no more processes than wanted, each with its 64 workers."""
    text = host.check_output("cat /etc/apache2/conf-enabled/zz-prep-limits.conf")
    sizes = dict(re.findall(r"^\s*(\w+) (\d+)$", text, re.MULTILINE))
    pid = host.check_output("cat /var/run/apache2/apache2.pid")
    threads = [int(line) for line in host.check_output(f"ps -o nlwp= --ppid {pid}").split()]
    assert len(threads) >= int(sizes["StartServers"])
    # The workers, a listener and the process's own.
    assert all(count == int(sizes["ThreadsPerChild"]) + 2 for count in threads), threads
    assert int(sizes["MaxRequestWorkers"]) >= 128


def converge(**variables: object) -> subprocess.CompletedProcess[str]:
    """Run the scenario's play with some variables on one server."""
    return subprocess.run(
        ["ansible-playbook", "-i", str(SCENARIO / ".lab/diffusers.ini"), str(SCENARIO / "converge.yml"),
         "--limit", "difusor12", "-e", json.dumps(variables)],
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"},
        # Molecule's settings have failures on the other channel.
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200,
    )  # fmt: skip


BAD = {
    "ddos_protection_never_limit": (
        ["10.0.0.0/8 accept\n"],
        "ddos_protection_never_limit[0]: expected one line of text",
    ),
    "ddos_protection_connections_per_source": (
        0,
        "ddos_protection_connections_per_source: expected a whole number from 1",
    ),
    "ddos_protection_memory_share": (1.5, "ddos_protection_memory_share: expected a number from 0.05 to 0.9, got 1.5"),
    "ddos_protection_header_timeout": ("10 20", "ddos_protection_header_timeout: expected seconds as mod_reqtimeout"),
    "ddos_protection_sysctl": (
        {"net.a = 1; b": "x"},
        "ddos_protection_sysctl (a key)[0]: expected the name of a kernel",
    ),
}


def test_what_is_malformed_is_named_before_anything_changes():
    done = converge(**{name: value for name, (value, _words) in BAD.items()})
    assert done.returncode != 0
    assert re.search(r"changed=0\b", done.stdout), done.stdout
    for _value, words in BAD.values():
        assert words in done.stdout, words


def test_limits_that_are_not_wanted_any_more_go(reader, ssh_config):
    address = re.search(r"difusor12 ansible_host=(\S+)", (SCENARIO / ".lab/diffusers.ini").read_text())[1]
    assert converge(ddos_protection_connection_limits=False).returncode == 0
    assert run(reader, HOLD, address=address, most=60) == "60"
    assert converge().returncode == 0
    assert run(reader, HOLD, address=address, most=60) == "30"
