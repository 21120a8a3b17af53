#!/usr/bin/env python3
"""What share of web attacks a diffuser refuses, and how many honest requests: the requests of tests/waf, and more.

    .venv/el7/bin/python tests/attack/web.py [--lab lab] [--diffuser difusor12]

Needs a lab that was onboarded (`bin/demo`); sends from the control node, which is never banned. Prints a line per
class and what went wrong. Ends with 1 when an honest request was refused, or less than 95 % of the attacks were.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml
from guests import member

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "waf"))
import corpus  # noqa: E402

LEAST_REFUSED = 0.95


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lab", default="lab")
    parser.add_argument("--diffuser", default="difusor12")
    given = parser.parse_args()
    paths = tuple(yaml.safe_load((HERE / "honest_paths.yml").read_text(encoding="utf-8"))["paths"])
    sent = [*corpus.honest(paths), *corpus.attacks(), *corpus.attacks(HERE / "web_attacks.yml")]
    answers = corpus.send_all(iter(sent), member(given.lab, given.diffuser).address)
    for group, (refused, count) in corpus.summary(answers).items():
        print(f"{group:24} {refused:5} of {count:5} refused")
    hostile = [one for one in answers if one.request.group != corpus.HONEST]
    share = sum(one.refused for one in hostile) / len(hostile)
    shut_out = [one for one in answers if one.request.group == corpus.HONEST and one.refused]
    for one in [*shut_out, *(one for one in hostile if not one.refused)]:
        print(f"  {one.request.group}: {one.request.name}: {one.status}")
    print(
        f"attacks refused: {share:.1%} of {len(hostile)}, at least {LEAST_REFUSED:.0%}; honest refused: {len(shut_out)}"
    )
    return 1 if shut_out or share < LEAST_REFUSED else 0


if __name__ == "__main__":
    sys.exit(main())
