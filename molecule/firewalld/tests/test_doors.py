"""Which doors are open, to whom, over both families, and what else is let alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from reruns import converge, said

DIFFUSER6 = "fd00:99::13"
SETS = "/etc/firewalld/ipsets"
# All of the configuration but the sets.
REST = "cd /etc/firewalld && find . -type f ! -path './ipsets/*' -exec sha256sum {} + | sort"


def opens(machine, address: str, port: int) -> bool:
    """Tell whether a TCP connection succeeds; one that is refused has to be refused at once."""
    done = machine.run(f"nc -z -w 3 {address} {port}")
    return done.rc == 0


def allow(host, *sources: str) -> str:
    """Return the option that names these, the control node and the origin as allowed."""
    gateway = host.address.rsplit(".", 1)[0]
    entries = [f"{gateway}.1", f"{gateway}.20", *sources]
    return '{"allowed": ["' + '", "'.join(entries) + '"]}'


@contextmanager
def changing(host, script: str) -> Iterator[None]:
    """Keep /etc/firewalld as a script left it; afterwards it is as it was, and loaded."""
    host.check_output("rm -rf /var/tmp/saved && cp -a /etc/firewalld /var/tmp/saved")
    try:
        host.check_output(script)
        yield
    finally:
        host.check_output("rm -rf /etc/firewalld && mv /var/tmp/saved /etc/firewalld && firewall-cmd --reload")


@pytest.mark.parametrize("port", [80, 443])
def test_the_web_is_open_to_all(host, origin, reader, port):
    for machine in (origin, reader):
        assert opens(machine, host.address, port)
        assert opens(machine, DIFFUSER6, port)


@pytest.mark.parametrize("port", [22, 873])
def test_restricted_doors_are_open_to_announced_addresses_alone(host, origin, reader, port):
    assert opens(origin, host.address, port) and opens(origin, DIFFUSER6, port)
    assert not opens(reader, host.address, port) and not opens(reader, DIFFUSER6, port)


def test_everything_else_is_closed_to_all_and_says_so_at_once(host, origin, reader):
    for machine in (origin, reader):
        for address in (host.address, DIFFUSER6):
            refused = machine.run(f"timeout 2 nc -z -v {address} 8080")
            assert refused.rc == 1, f"{address}: {refused.stderr} (dropped, not refused)"
    # Something listens there.
    assert host.run("nc -z 127.0.0.1 8080").rc == 0


def test_what_path_mtu_discovery_needs_gets_through(host, reader):
    """An ICMP error of its own is let in as related; a question of its own shows that ICMP is."""
    for family, address in (("AF_INET", host.address), ("AF_INET6", DIFFUSER6)):
        kind, protocol = (8, "IPPROTO_ICMP") if family == "AF_INET" else (128, "IPPROTO_ICMPV6")
        # The base image has no ping: a datagram socket of ICMP, or a raw one, does as well.
        script = (
            f"import socket,struct;s=socket.socket(socket.{family},socket.SOCK_RAW,socket.{protocol});s.settimeout(3);"
            f"p=struct.pack('!BBHHH',{kind},0,0,1,1);c=0xffff-sum(struct.unpack('!4H',p));"
            f"p=struct.pack('!BBHHH',{kind},0,c,1,1);s.sendto(p,('{address}',0));print(s.recvfrom(999)[1][0])"
        )
        assert reader.check_output(f'python3 -c "{script}"') == address


def test_addresses_come_later_and_nothing_else_changes(host, reader):
    before = host.check_output(REST)
    # A connection that stands through it: it says a word before, and one after.
    host.check_output("systemctl stop answer-443 && systemd-run --unit=hear sh -c 'nc -l -p 443 > /run/heard'")
    wait(host, "ss -Hltn sport = :443 | grep -q 443")
    say = f"(echo before; until [ -e /run/say ]; do sleep 0.1; done; echo after) | nc {host.address} 443"
    reader.check_output(f"rm -f /run/say; systemd-run --unit=talk sh -c '{say}'")
    wait(host, "grep -qx before /run/heard")

    done = converge("-e", allow(host, reader.address, "fd00:99::30"))

    assert done.returncode == 0, done.stdout
    assert re.findall(r"^changed: .*|changed=\d+", done.stdout, re.M)[-1] == "changed=1"
    for address in (host.address, DIFFUSER6):
        assert opens(reader, address, 22) and opens(reader, address, 873)
    after = host.check_output(REST)
    assert after == before
    reader.check_output("touch /run/say")
    wait(host, "grep -qx after /run/heard")

    assert converge().returncode == 0
    assert not opens(reader, host.address, 22)
    reader.run("systemctl stop talk")
    host.run("systemctl stop hear")
    host.check_output("systemd-run --unit=answer-443 python3 -m http.server --bind :: --directory /var/empty 443")


def wait(machine, question: str) -> None:
    """Wait until a command succeeds on a machine."""
    machine.check_output(f"timeout 20 sh -c 'until {question}; do sleep 0.1; done'")


def test_an_address_within_a_network_of_the_list_is_no_mistake(host, reader):
    network = reader.address.rsplit(".", 1)[0] + ".24/29"
    done = converge("-e", allow(host, reader.address, network, network.replace(".24/29", ".28/30")))
    assert done.returncode == 0, done.stdout
    assert opens(reader, host.address, 22)
    assert converge().returncode == 0


@pytest.mark.parametrize("reload", ["--reload", "--complete-reload"])
def test_bans_of_fail2ban_survive(host, reader, reload):
    host.check_output(f"fail2ban-client set sshd banip {reader.address}")
    try:
        wait(host, f"nft list ruleset | grep -q {reader.address}")
        assert not opens(reader, host.address, 80)
        host.check_output(f"firewall-cmd {reload}")
        assert not opens(reader, host.address, 80)
        assert opens(reader, DIFFUSER6, 80)
    finally:
        host.check_output(f"fail2ban-client set sshd unbanip {reader.address}")
    assert opens(reader, host.address, 80)


def test_an_interface_of_another_zone_is_brought_in(host, reader):
    with changing(host, "firewall-cmd --zone=trusted --change-interface=eth0"):
        assert opens(reader, host.address, 8080), "the bypass is none"
        assert "changed=1" in converge().stdout
        assert not opens(reader, host.address, 8080)
    with changing(host, "firewall-cmd --permanent --zone=trusted --add-interface=eth0 && firewall-cmd --reload"):
        assert opens(reader, host.address, 8080), "the bypass is none"
        assert converge().returncode == 0
        assert not opens(reader, host.address, 8080)
        host.check_output("firewall-cmd --reload")
        assert not opens(reader, host.address, 8080), "it came back with a reload"
        assert "changed=0" in converge().stdout


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("firewall-cmd --permanent --zone=trusted --add-source=10.9.8.0/24", "source 10.9.8.0/24 in zone trusted"),
        (
            "firewall-cmd --permanent --direct --add-rule ipv4 filter INPUT 0 -p tcp --dport 9999 -j ACCEPT",
            "direct rule ipv4 -p tcp --dport 9999 -j ACCEPT",
        ),
        (
            "firewall-cmd --permanent --new-policy=mine"
            " && firewall-cmd --permanent --policy=mine --add-ingress-zone=ANY"
            " && firewall-cmd --permanent --policy=mine --add-egress-zone=HOST"
            " && firewall-cmd --permanent --policy=mine --add-port=9999/tcp",
            "policy mine",
        ),
    ],
)
def test_a_way_past_the_zone_is_refused_by_name(host, script, named):
    with changing(host, script.replace("firewall-cmd ", "firewall-cmd -q ")):
        before = host.check_output(f"sha256sum {SETS}/*")
        done = converge("-e", allow(host, "192.0.2.77"))
        assert done.returncode != 0
        assert f"{named} opens a way past the zone prep" in said(done), done.stdout
        assert host.check_output(f"sha256sum {SETS}/*") == before
        # Somebody can answer for it.
        accepted = converge("-e", f'{{"firewalld_accepted_openings": ["{named}"]}}')
        assert "changed=0" in accepted.stdout, accepted.stdout


def test_another_manager_is_refused_by_name(host):
    unit = "/run/systemd/system/docker.service"
    host.check_output(f"printf '[Service]\\nExecStart=/bin/sleep infinity\\n' > {unit} && systemctl daemon-reload")
    host.check_output("systemctl start docker")
    try:
        done = converge()
        assert done.returncode != 0
        assert "docker manages the rules of the kernel too" in said(done), done.stdout
        assert converge("-e", '{"firewalld_beside": ["docker"]}').returncode == 0
    finally:
        host.check_output(f"systemctl stop docker; rm {unit}; systemctl daemon-reload")


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ('{"allowed": ["192.0.2.7"]}', "this run came in from"),
        ('{"allowed": []}', "expected at least one address that may reach SSH, got none"),
        ('{"allowed": ["elmural.example"]}', "firewalld_allowed_sources[0]: expected an IP address or a network"),
        ('{"allowed": ["0.0.0.0/0"]}', "firewalld_allowed_sources[0]: expected IEPC's own addresses"),
        ('{"firewalld_public_ports": [80, 22]}', "firewalld_public_ports: 22 expected public or restricted, got both"),
        ('{"firewalld_public_ports": [80, 99999]}', "expected 1 to 65535, got 99999"),
    ],
)
def test_a_mistake_is_one_clear_line(host, variables, line):
    before = host.check_output(f"sha256sum {SETS}/*")
    done = converge("-e", variables)
    assert done.returncode != 0
    assert line in said(done), done.stdout
    assert host.check_output(f"sha256sum {SETS}/*") == before
