"""One attack on one server: what honest readers got, and what became of server and attacker."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from guests import Machine

CALM_S, UNDER_ATTACK_S, HEAD_START_S = 6, 16, 5
RECOVERY_S = 60
# A calm p99 below this is a processor's turn on a machine that attacker, readers and servers share.
LEAST_CALM_S = 0.02
READERS = {"readers": 60, "pause": 2}
# The diffuser's own log says milliseconds since 1970 last; Debian's has seconds only, as text.
SERVED = """
cat /var/log/apache2/*access.log | awk -v since={since} -v who='{who}' '
    BEGIN {{split(who, list, " "); for (i in list) mine[list[i]] = 1}}
    $1 in mine && length($NF) == 13 && $NF / 1000 >= since {{
        count[$1 " " int($NF / 1000 - since)]++ }}
    END {{for (one in count) print one, count[one]}}'
"""
# fail2ban keeps who is banned; a server without it bans nobody.
BANNED = "command -v fail2ban-client >/dev/null && fail2ban-client banned || echo '[]'"
CONNECTIONS = "ss -tnH state connected '( sport = :80 or sport = :443 )' | wc -l"
MEMORY = "ps -C apache2 -o rss= | awk '{sum += $1} END {print sum / 1024}'"
# Threads that still hold a connection in which nothing moves.
HELD = "ss -tnH state established state close-wait '( sport = :80 or sport = :443 )' | wc -l"


def memory_mb(server: Machine) -> float:
    """Resident memory of the server's Apache."""
    return float(server.run(MEMORY) or 0)


def bans(server: Machine) -> list[str]:
    """Addresses that the server bans now."""
    said = json.loads(server.run(BANNED).replace("'", '"'))
    return sorted({address for jail in said for addresses in jail.values() for address in addresses})


class Lookout:
    """Looks, while an attack goes on, at what it does to the server and who gets banned."""

    def __init__(self, server: Machine, attackers: list[str]) -> None:
        self.connections, self.banned_after_s = 0, None
        self._server, self._attackers = server, set(attackers)
        self._began, self._done = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._done.wait(1):
            self.connections = max(self.connections, int(self._server.run(CONNECTIONS)))
            if self.banned_after_s is None and self._attackers & set(bans(self._server)):
                self.banned_after_s = round(time.monotonic() - self._began, 1)

    def end(self) -> None:
        """Stop looking."""
        self._done.set()
        self._thread.join()


def served_per_second(server: Machine, attackers: list[str], since: float) -> list[int]:
    """For each second from then on, the most requests that one of the attackers was served."""
    seconds: dict[int, int] = {}
    for line in server.run(SERVED.format(since=since, who=" ".join(attackers))).splitlines():
        _address, second, count = line.split()
        seconds[int(second)] = max(seconds.get(int(second), 0), int(count))
    return [seconds.get(second, 0) for second in range(max(seconds, default=-1) + 1)]


def served_on(seconds: list[int]) -> float:
    """Requests a second from the sixth one on, without the last, which the attack didn't fill."""
    late = seconds[HEAD_START_S:-1]
    return sum(late) / len(late) if late else 0.0


def recovered(readers: Machine, server: Machine) -> float | None:
    """Seconds until all answers of a second come fast and whole; None if that takes longer than a minute."""
    began = time.monotonic()
    while time.monotonic() - began < RECOVERY_S:
        seen = readers.crowd(server.address, readers=2, seconds=1, pause=0.3)
        if seen["sent"] == seen["good"] > 0 and seen["p99_s"] < 1:
            return round(time.monotonic() - began, 1)
    return None


def attack(
    entry: dict[str, Any], attacker: Machine, sources: list[str], dead: str, readers: Machine, server: Machine
) -> dict[str, Any]:
    """Do it once; the figures.

    :param sources: the attacker's further addresses.
    :param dead: an address of the network that nobody has.
    """
    attackers = [attacker.address, *sources]
    calm = readers.crowd(server.address, seconds=CALM_S, **READERS)
    before = memory_mb(server)
    script = entry["run"].replace("TARGET", server.address).replace("DEAD", dead)
    since = float(server.run("date +%s.%N"))
    lookout = Lookout(server, attackers)
    running = attacker.start(script.replace("SOURCES", " ".join(sources)))
    try:
        time.sleep(HEAD_START_S)
        meanwhile = readers.crowd(server.address, seconds=UNDER_ATTACK_S, **READERS)
        during = memory_mb(server)
        running.communicate(timeout=120)
    finally:
        lookout.end()
    back = recovered(readers, server)
    found = {
        "calm": calm, "meanwhile": meanwhile, "recovery_s": back, "banned_after_s": lookout.banned_after_s,
        "connections": lookout.connections, "memory_mb": [round(before), round(during), round(memory_mb(server))],
        "served_s": served_per_second(server, attackers, since),
    }  # fmt: skip
    if lookout.banned_after_s is not None:
        for address in attackers:
            server.run(f"fail2ban-client unban {address} >/dev/null")
    return found


def judged(entry: dict[str, Any], figures: dict[str, Any]) -> list[str]:
    """What a diffuser owed to honest readers and didn't keep; empty if nothing."""
    calm, meanwhile = figures["calm"], figures["meanwhile"]
    found = []
    share = meanwhile["good"] / max(1, meanwhile["sent"])
    if share < entry["good"]:
        found.append(f"{share:.1%} of honest requests answered, at least {entry['good']:.0%} expected")
    quiet = max(calm["p99_s"], LEAST_CALM_S)
    if "slower" in entry and meanwhile["p99_s"] > entry["slower"] * quiet:
        found.append(f"p99 {meanwhile['p99_s']:.3f} s, at most {entry['slower']} times {quiet:.3f} s expected")
    if "throttled" in entry and not any(figures["served_s"]):
        found.append("the diffuser's log has no request of the attacker's: what it was served is not known")
    if "throttled" in entry and served_on(figures["served_s"]) > entry["throttled"]:
        found.append(
            f"the attacker was served {served_on(figures['served_s']):.0f} requests/s from the sixth second on,"
            f" at most {entry['throttled']} expected"
        )
    if "banned" in entry and (figures["banned_after_s"] or entry["banned"] + 1) > entry["banned"]:
        found.append(f"the attacker was banned after {figures['banned_after_s']} s, expected {entry['banned']} s")
    if figures["recovery_s"] is None:
        found.append(f"not as before {RECOVERY_S} s later")
    return found
