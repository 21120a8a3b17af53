"""What a reader gets: bytes over the network, not files on a disk."""

from __future__ import annotations

import pytest

# A file of the system and a script tag: the Core Rule Set refuses each on its own.
ATTACKS = ["/?file=../../../../etc/passwd", "/?q=%3Cscript%3Ealert(1)%3C/script%3E"]


def fetch(machine, url: str, *options: str) -> tuple[str, str]:
    """Return (status, body) of ``url`` as ``machine`` sees it."""
    argv = ["curl", "-sSk", "--max-time", "10", "-w", "'\\n%{http_code}'", *options, f"'{url}'"]
    body, _, status = machine.check_output(" ".join(argv)).rpartition("\n")
    return status, body


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_zero_state_is_served(host, reader, scheme):
    status, body = fetch(reader, f"{scheme}://{host.address}/")
    assert status == "200"
    assert "PREP" in body and 'lang="es' in body


def test_both_schemes_serve_what_is_on_disk(host, reader):
    on_disk = host.check_output("cat /srv/prep/current/index.html").strip()
    for scheme in ("http", "https"):
        assert fetch(reader, f"{scheme}://{host.address}/")[1].strip() == on_disk


def test_the_answer_comes_from_the_tree_that_current_points_to(host, reader):
    """A file added to the published tree is served: nothing else answers on these ports."""
    host.check_output("echo visible > /srv/prep/current/probe.txt")
    try:
        assert fetch(reader, f"http://{host.address}/probe.txt") == ("200", "visible\n")
    finally:
        host.check_output("rm -f /srv/prep/current/probe.txt")


def test_portals_may_embed_it(host, reader):
    headers = reader.check_output(f"curl -sSk -D - -o /dev/null https://{host.address}/").lower()
    assert "x-frame-options" not in headers
    assert "frame-ancestors 'none'" not in headers


def test_the_server_says_no_more_than_it_must(host, reader):
    headers = reader.check_output(f"curl -sS -D - -o /dev/null http://{host.address}/").lower()
    server = next(line for line in headers.splitlines() if line.startswith("server:"))
    assert server.strip() == "server: apache"
    assert fetch(reader, f"http://{host.address}/", "-X", "TRACE")[0] in ("403", "405", "501")


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_and_logged(host, reader, attack):
    # The same address without the attack is answered: it is the rule that refuses, not a ban.
    assert fetch(reader, f"http://{host.address}/?q=resultados")[0] == "200"
    assert fetch(reader, f"http://{host.address}{attack}")[0] == "403"
    logs = host.check_output("cat /var/log/apache2/*.log /var/log/httpd/*_log 2>/dev/null; true")
    assert "ModSecurity: Access denied" in logs


def test_the_configuration_on_disk_is_valid(host):
    assert host.run("apachectl -t").rc == 0
    assert "event" in host.check_output("apachectl -V 2>/dev/null | grep -i 'server mpm'").lower()
