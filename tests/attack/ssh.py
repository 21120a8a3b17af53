#!/usr/bin/env python3
"""Guesses passwords of a diffuser over SSH, fast and then slowly, and says after how many it is banned.

    .venv/el7/bin/python tests/attack/ssh.py [--lab lab] [--diffuser difusor12] [--pause 0 20]

Needs a lab that was onboarded (`bin/demo`). The guesses come from the lab's origin, for nobody else outside the control
node reaches the port at all. A ban has to come within five guesses, to outlive a reload of the firewall, and never
to hit the control node, which guesses as often. Ends with 1 otherwise. What was banned is let go again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from guests import Machine, member

MOST_GUESSES, NOTICE_S = 5, 30
GUESS = (
    "timeout 15 sshpass -p not-the-password ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
    "-o PubkeyAuthentication=no -o PreferredAuthentications=password,keyboard-interactive "
    "-o NumberOfPasswordPrompts=1 -o ConnectTimeout=5 root@{} true 2>&1 || true"
)
OPEN = "nc -z -w 3 {} 22 && echo open || echo shut"


def banned(diffuser: Machine, address: str) -> bool:
    """Whether sshd's jail holds an address."""
    return address in diffuser.run("fail2ban-client get sshd banip").split()


def guesses_until_banned(origin: Machine, diffuser: Machine, pause: float) -> tuple[int, float] | None:
    """Guess until banned; (guesses, seconds), or None if that never comes."""
    diffuser.run(f"fail2ban-client set sshd unbanip {origin.address} >/dev/null || true")
    began = time.monotonic()
    for guess in range(1, MOST_GUESSES + 1):
        origin.run(GUESS.format(diffuser.address))
        if banned(diffuser, origin.address):
            return guess, time.monotonic() - began
        if guess < MOST_GUESSES:
            time.sleep(pause)
    deadline = time.monotonic() + NOTICE_S
    while time.monotonic() < deadline:
        if banned(diffuser, origin.address):
            return MOST_GUESSES, time.monotonic() - began
        time.sleep(0.5)
    return None


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lab", default="lab")
    parser.add_argument("--diffuser", default="difusor12")
    parser.add_argument("--pause", nargs="*", type=float, default=[0, 20], help="seconds between two guesses")
    given = parser.parse_args()
    diffuser, origin, reader = (member(given.lab, name) for name in (given.diffuser, "origen", "lector"))
    mistakes = []
    if "open" in reader.run(OPEN.format(diffuser.address)):
        mistakes.append("a reader outside the allow-list reaches port 22")
    print(f"from outside the allow-list: port 22 {reader.run(OPEN.format(diffuser.address)).strip()}")
    try:
        for pause in given.pause:
            found = guesses_until_banned(origin, diffuser, pause)
            said = f"banned after {found[0]} guesses, {found[1]:.1f} s" if found else "never banned"
            diffuser.run("firewall-cmd --reload >/dev/null")
            kept = "shut" in origin.run(OPEN.format(diffuser.address))
            print(f"a guess every {pause:g} s: {said}; {'kept' if kept else 'LOST'} by a reload of the firewall")
            if not found or not kept:
                mistakes.append(f"a guess every {pause:g} s: {said}, kept {kept}")
    finally:
        diffuser.run(f"fail2ban-client unban {origin.address} >/dev/null")
    control = diffuser.address.rpartition(".")[0] + ".1"
    for _ in range(MOST_GUESSES + 2):
        argv = ["ssh", "-o", "BatchMode=yes", "-o", "PubkeyAuthentication=no", "-o", "ConnectTimeout=5",
                "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no",
                f"root@{diffuser.address}", "true"]  # fmt: skip
        subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    time.sleep(3)  # fail2ban reads once a second; that nothing happens can only be waited for
    print(
        f"the control node after {MOST_GUESSES + 2} guesses: {'BANNED' if banned(diffuser, control) else 'not banned'}"
    )
    if banned(diffuser, control):
        mistakes.append("the control node is banned")
    print("\n".join(mistakes), file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
