"""Each jail: a real offence is a ban in the kernel that refuses packets, and it ends."""

from __future__ import annotations

import time

import pytest

STRANGER = "198.51.100.99"
STRANGER6 = "2001:db8::99"

ORIGIN_PASSWORD = "for i in 1 2 3; do RSYNC_PASSWORD=wrong rsync rsync://iepc@{target}/prep/; done"
READER_KNOCKS = "for i in 1 2 3; do rsync rsync://iepc@{target}/prep/; done"
# A ban that falls in the middle of a connection leaves it hanging: what went on after it would be a second offence.
PASSWORDS = (
    "for i in 1 2 3; do timeout 6 sshpass -p wrong ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
    "-o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 -o ConnectTimeout=5 root@{target} true; done; true"
)
ASK = "for i in 1 2 3 4 5; do curl -sS -o /dev/null -A '{agent}' 'http://{target}{path}'; done"


def ask(path: str, agent: str = "Mozilla/5.0") -> str:
    """A shell's line that asks for a path as often as a web jail allows."""
    return ASK.format(target="{target}", path=path, agent=agent)


# jail, who offends, how, the port that closes, the log it shows in
OFFENCES = [
    ("sshd", "reader", PASSWORDS, 22, None),
    ("apache-auth", "reader", ask("/privado/"), 80, "/var/log/apache2/error.log"),
    ("apache-badbots", "reader", ask("/", "EmailCollector"), 80, "/var/log/apache2/access.log"),
    ("apache-noscript", "reader", ask("/wp-login.php"), 80, "/var/log/apache2/access.log"),
    ("apache-modsecurity", "reader", ask("/?q=%3Cscript%3Ealert(1)%3C/script%3E"), 80, "/var/log/apache2/error.log"),
    ("rsyncd", "origin", ORIGIN_PASSWORD, 873, "/var/log/rsyncd.log"),
    ("rsyncd", "reader", READER_KNOCKS, 873, "/var/log/rsyncd.log"),
]
FILTERS = {"apache-noscript": "prep-noscript", "rsyncd": "prep-rsyncd"}


@pytest.fixture(autouse=True)
def nobody_is_banned(host):
    """Start and end with no ban."""
    host.check_output("fail2ban-client unban --all")
    yield
    host.check_output("fail2ban-client unban --all")


def until(condition, what, seconds: float = 30) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.5)


def banned(host, address: str) -> bool:
    """Whether the kernel's rules know the address."""
    return address in host.check_output("nft list ruleset")


def repeats(host, bans: int) -> None:
    """Set how many bans by sshd's jail make an address a repeater, whom recidive shuts out for an hour."""
    host.check_output(f"fail2ban-client set recidive maxretry {bans}")


def answers(host) -> bool:
    """Whether fail2ban's server answers; its 255 would look like a broken connection."""
    return host.run("fail2ban-client ping >/dev/null 2>&1 || exit 1").rc == 0


def opens(machine, target: str, port: int) -> bool:
    """Whether a connection from a machine is taken."""
    return machine.run(f"nc -z -w 3 {target} {port}").rc == 0


@pytest.mark.parametrize(("jail", "who", "how", "port", "log"), OFFENCES, ids=[f"{o[0]}-{o[1]}" for o in OFFENCES])
def test_an_offence_is_a_ban_that_ends(host, request, jail, who, how, port, log):
    offender = request.getfixturevalue(who)
    # A ban ends only for those whom recidive doesn't keep; over SSH one offence may be two bans.
    repeats(host, 1000)
    assert opens(offender, host.address, port)
    before = 0 if log is None else int(host.check_output(f"wc -l < {log}"))
    offender.run(how.format(target=host.address))
    # Two jails may take the same offence (a bot's name offends ModSecurity as well); this one has to be among them.
    until(
        lambda: (
            offender.address in host.check_output(f"fail2ban-client status {jail}") and banned(host, offender.address)
        ),
        lambda: host.check_output(f"fail2ban-client status {jail}; tail -n 20 /var/log/fail2ban.log"),
    )
    assert not opens(offender, host.address, port)
    if log is not None:
        # On the lines that were really written: the filter takes each offence, once.
        lines = f"/tmp/offence-{jail}-{who}.log"
        host.check_output(f"tail -n +{before + 1} {log} > {lines}")
        said = host.check_output(f"fail2ban-regex {lines} {FILTERS.get(jail, jail)}")
        matched = int(said.rsplit(" matched", 1)[0].rsplit(" ", 1)[1])
        assert matched == (5 if jail.startswith("apache") else 3), said
    until(
        lambda: not banned(host, offender.address),
        lambda: (
            "the ban does not end: " + host.check_output("fail2ban-client banned; tail -n 30 /var/log/fail2ban.log")
        ),
        seconds=120,
    )
    assert opens(offender, host.address, port)


def test_whoever_comes_back_is_banned_for_long_and_everywhere(host, reader):
    repeats(host, 2)
    for _ in range(2):
        # A ban by an earlier test counts as well: fail2ban remembers a day.
        if reader.address in host.check_output("fail2ban-client status recidive"):
            break
        reader.run(PASSWORDS.format(target=host.address))
        until(
            lambda: banned(host, reader.address),
            lambda: host.check_output("tail -n 20 /var/log/fail2ban.log"),
        )
        host.check_output(f"fail2ban-client set sshd unbanip {reader.address}")
    until(
        lambda: reader.address in host.check_output("fail2ban-client status recidive"),
        lambda: host.check_output("tail -n 20 /var/log/fail2ban.log"),
    )
    assert not opens(reader, host.address, 80)
    assert host.check_output("fail2ban-client get recidive bantime") == "3600"


@pytest.mark.parametrize("address", [STRANGER, STRANGER6])
def test_a_ban_outlives_a_restart(host, address):
    host.check_output(f"fail2ban-client set recidive banip {address}")
    until(lambda: banned(host, address), lambda: "not banned")
    host.check_output("systemctl restart fail2ban")
    until(lambda: answers(host) and banned(host, address), lambda: "the ban is forgotten")


def test_every_jail_is_there_and_reads_something(host):
    names = host.check_output("fail2ban-client status").rsplit("Jail list:", 1)[1].replace(",", " ").split()
    assert sorted(names) == [
        "apache-auth", "apache-badbots", "apache-modsecurity", "apache-noscript", "recidive", "rsyncd", "sshd",
    ]  # fmt: skip
    for name in names:
        status = host.check_output(f"fail2ban-client status {name}")
        assert "File list:\t/var/log/" in status or "Journal matches:\t_SYSTEMD_UNIT" in status, status


def test_fail2ban_starts_although_logs_were_removed(host):
    host.check_output("systemctl stop fail2ban && rm -f /var/log/rsyncd.log /var/log/apache2/prep_error.log")
    host.check_output("systemd-tmpfiles --create && systemctl start fail2ban")
    until(lambda: answers(host), lambda: host.check_output("journalctl -n 20 -u fail2ban"))
    # The daemons write into the new files.
    host.check_output("systemctl restart rsync && systemctl reload apache2")
