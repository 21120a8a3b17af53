#!/usr/bin/env python3
"""Attacks a stock Apache and a hardened diffuser side by side, and says what honest readers got meanwhile.

    .venv/el7/bin/python tests/attack/run.py [ATTACK ...] [--lab lab] [--diffuser difusor12] [--json]

Needs a lab that was onboarded (`bin/demo`). Two machines join its network for the time: an attacker, and a server
with Debian's Apache as it is packaged and the diffuser's own files. Attacks (attacks.yml) go to these two alone, are
bounded in connections and time, and end by themselves. Readers are another machine, which nobody allowed and nobody
exempts. Ends with 1 when honest readers of the diffuser got less than an attack's limits say.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from guests import Machine, give_crowd, guests, member

ATTACKS = Path(__file__).with_name("attacks.yml")
CALM_S, UNDER_ATTACK_S, HEAD_START_S = 10, 20, 5
RECOVERY_S = 60
READERS = {"readers": 60, "pause": 2}
COPY = "cd /var/www/html && for path in index.html status.json; do curl -sSf http://{}/$path -o $path; done"


def memory_mb(server: Machine) -> float:
    """Resident memory of the server's Apache."""
    script = "ps -C apache2 -o rss= | awk '{sum += $1} END {print sum / 1024}'"
    return float(server.run(script) or 0)


def recovered(readers: Machine, server: Machine) -> float | None:
    """Seconds until two answers in a row come fast and whole; None if that takes longer than a minute."""
    began = time.monotonic()
    while time.monotonic() - began < RECOVERY_S:
        seen = readers.crowd(server.address, readers=2, seconds=1, pause=0.3)
        if seen["sent"] == seen["good"] > 0 and seen["p99_s"] < 1:
            return round(time.monotonic() - began, 1)
    return None


def attack(entry: dict[str, Any], attacker: Machine, readers: Machine, server: Machine) -> dict[str, Any]:
    """Do it once; the figures."""
    calm = readers.crowd(server.address, seconds=CALM_S, **READERS)
    before = memory_mb(server)
    running = attacker.start(entry["run"].replace("TARGET", server.address))
    time.sleep(HEAD_START_S)
    meanwhile = readers.crowd(server.address, seconds=UNDER_ATTACK_S, **READERS)
    during = memory_mb(server)
    running.communicate(timeout=120)
    return {
        "calm": calm, "meanwhile": meanwhile, "recovery_s": recovered(readers, server),
        "memory_mb": [round(before), round(during), round(memory_mb(server))],
    }  # fmt: skip


def judged(entry: dict[str, Any], figures: dict[str, Any]) -> list[str]:
    """What honest readers missed; empty if nothing."""
    calm, meanwhile = figures["calm"], figures["meanwhile"]
    found = []
    share = meanwhile["good"] / max(1, meanwhile["sent"])
    if share < entry["good"]:
        found.append(f"{share:.1%} of honest requests answered, at least {entry['good']:.0%} expected")
    if meanwhile["p99_s"] > entry["slower"] * calm["p99_s"]:
        found.append(f"p99 {meanwhile['p99_s']:.3f} s, at most {entry['slower']} times {calm['p99_s']:.3f} s expected")
    if figures["recovery_s"] is None:
        found.append(f"not as before {RECOVERY_S} s later")
    return found


def main() -> int:
    """Entry point."""
    known = yaml.safe_load(ATTACKS.read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("attack", nargs="*", choices=[[], *known], default=[])
    parser.add_argument("--lab", default="lab")
    parser.add_argument("--diffuser", default="difusor12")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    chosen = {name: known[name] for name in given.attack or known}
    tools = sorted({package for entry in chosen.values() for package in entry["needs"]})
    diffuser, readers = member(given.lab, given.diffuser), member(given.lab, "lector")
    give_crowd(readers)
    results: dict[str, Any] = {}
    mistakes = []
    with guests(given.lab, {"atacante": (60, " ".join(tools)), "comun": (61, "apache2 curl procps")}) as joined:
        stock = joined["comun"]
        stock.run(COPY.format(diffuser.address))
        for name, entry in chosen.items():
            for title, server in (("stock", stock), ("diffuser", diffuser)):
                figures = attack(entry, joined["atacante"], readers, server)
                results.setdefault(name, {})[title] = figures
                calm, meanwhile = figures["calm"], figures["meanwhile"]
                if not given.json:
                    print(
                        f"{name:12} {title:9} calm {calm['good']}/{calm['sent']} p99 {calm['p99_s']:.3f} s"
                        f" | attacked {meanwhile['good']}/{meanwhile['sent']} p50 {meanwhile['p50_s']:.3f}"
                        f" p99 {meanwhile['p99_s']:.3f} s {meanwhile['outcomes']}"
                        f" | back in {figures['recovery_s']} s | memory {figures['memory_mb']} MB",
                        flush=True,
                    )
            mistakes += [f"{name}: {line}" for line in judged(entry, results[name]["diffuser"])]
    if given.json:
        print(json.dumps(results, indent=1))
    print("\n".join(mistakes), file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
