#!/usr/bin/env python3
"""Attacks a stock Apache and a hardened diffuser side by side, and says what honest readers got meanwhile.

    .venv/el7/bin/python tests/attack/run.py [ATTACK ...] [--lab lab] [--diffuser NAME] [--stock [ATTACK ...]] [--json]

Needs a lab that was onboarded (`bin/demo`). Two machines join its network for the time: an attacker, and a server
with Debian's Apache as it is packaged and the diffuser's own files. Attacks (attacks.yml) go to these two alone, are
bounded in connections and time, and end by themselves. Readers are another machine, which nobody allowed and nobody
exempts. First comes a crowd behind one address, of which nobody may be held back; last, a minute after the attacks,
the diffuser's memory, connections and evidence have to be what they were.

Ends with 1 when honest readers of the diffuser got less than an attack's limits say, or the diffuser is not well.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from guests import Machine, give_programs, guests, member
from health import Health
from measure import attack, judged, served_on

ATTACKS = Path(__file__).with_name("attacks.yml")
# 200 readers who share an address, as a mobile carrier makes them share it: a page of ten files every ten seconds.
CARRIER = {"readers": 200, "pause": 10, "seconds": 20}
CARRIER_PATHS = " ".join(["/", "/status.json"] * 5)
COPY = "cd /var/www/html && for path in index.html status.json; do curl -sSf http://{}/$path -o $path; done"
DROPPED = "nft list table inet prep_limits | awk '/counter packets/ {sum += $(NF - 3)} END {print sum + 0}'"


def carrier(readers: Machine, diffuser: Machine) -> list[str]:
    """Have a carrier's readers read; what they missed."""
    before = int(diffuser.run(DROPPED))
    seen = readers.crowd(diffuser.address, **CARRIER, path=CARRIER_PATHS)
    dropped = int(diffuser.run(DROPPED)) - before
    print(f"{'carrier':14} diffuser  {line(seen)} | packets dropped {dropped}", flush=True)
    if seen["good"] < seen["sent"] or dropped:
        return [f"carrier: {seen['sent'] - seen['good']} requests failed and {dropped} packets dropped, expected 0"]
    return []


def line(seen: dict[str, Any]) -> str:
    """A crowd's figures, to read."""
    others = {name: count for name, count in seen["outcomes"].items() if name not in ("200", "304")}
    return f"{seen['good']}/{seen['sent']} p50 {seen['p50_s']:.3f} p99 {seen['p99_s']:.3f} s" + "".join(
        f", {count} {name}" for name, count in others.items()
    )


def shown(name: str, title: str, figures: dict[str, Any]) -> str:
    """An attack's figures, to read."""
    served = figures["served_s"]
    return (
        f"{name:14} {title:9} calm {line(figures['calm'])} | attacked {line(figures['meanwhile'])}"
        f" | back in {figures['recovery_s']} s, banned after {figures['banned_after_s']} s,"
        f" connections {figures['connections']}, memory {figures['memory_mb']} MB"
        + (f", attacker served {max(served)}/s at most, {served_on(served):.0f}/s from the sixth second on"
           if served else "")
    )  # fmt: skip


def main() -> int:
    """Entry point."""
    known = yaml.safe_load(ATTACKS.read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("attack", nargs="*", choices=[[], *known], default=[])
    parser.add_argument("--stock", nargs="*", choices=[[], *known], help="only these on the stock server, too")
    parser.add_argument("--lab", default="lab")
    parser.add_argument("--diffuser", default="difusor12")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    chosen = {name: known[name] for name in given.attack or known}
    tools = sorted({package for entry in chosen.values() for package in entry["needs"]})
    diffuser, readers = member(given.lab, given.diffuser), member(given.lab, "lector")
    give_programs(readers)
    results: dict[str, Any] = {}
    health = Health(given.lab, diffuser)
    mistakes = carrier(readers, diffuser)
    with guests(given.lab, {"atacante": (60, " ".join(tools)), "comun": (61, "apache2 curl procps")}) as joined:
        attacker, stock = joined["atacante"], joined["comun"]
        give_programs(attacker)
        stock.run(COPY.format(diffuser.address))
        prefix = attacker.address.rpartition(".")[0]
        sources = [
            f"{prefix}.{100 + number}" for number in range(max(one.get("sources", 0) for one in chosen.values()))
        ]
        for address in sources:
            attacker.run(f"ip address add {address}/24 dev eth0")
        for name, entry in chosen.items():
            servers = {"diffuser": diffuser}
            if given.stock is None or name in given.stock:
                servers = {"stock": stock, **servers}
            for title, server in servers.items():
                own = sources[: entry.get("sources", 0)]
                figures = attack(entry, attacker, own, f"{prefix}.250", readers, server)
                results.setdefault(name, {})[title] = figures
                print(shown(name, title, figures), file=sys.stderr if given.json else sys.stdout, flush=True)
            mistakes += [f"{name}: {one}" for one in judged(entry, results[name]["diffuser"])]
        time.sleep(60)  # what "a minute later" means; nothing announces that it is over
        mistakes += health.lost()
    if given.json:
        print(json.dumps(results, indent=1))
    print("\n".join(mistakes), file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
