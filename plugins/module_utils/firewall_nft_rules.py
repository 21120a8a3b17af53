# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""One rule of ``nft -j list ruleset`` (libnftables-json(5)), read once for many packets."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.firewall_chains import Rule
from ansible_collections.iepc.prep.plugins.module_utils.firewall_nft_match import as_list, test_of

# Statements after which the rule goes on, and that change nothing we judge.
HARMLESS = (
    "counter",
    "log",
    "comment",
    "mangle",
    "quota",
    "notrack",
    "ct helper",
    "ct timeout",
    "flow",
    "secmark",
    "masquerade",
    "snat",
    "last",
)
# Parts of a rule that say when, not what.
_NO_VERDICTS = ("match", "limit", "ct count", "set", "meter", "return", "continue")
# The packet may end up elsewhere: on another machine, port or in a program.
_ELSEWHERE = ("dnat", "redirect", "tproxy", "queue", "fwd", "dup", "synproxy")


def jumps(expressions):
    """The chains that a rule leads to."""
    return [one[kind]["target"] for one in expressions for kind in ("jump", "goto") if kind in one]


def may_decide(expressions):
    """Whether a rule may end a packet's way by itself, without the chains that it leads to."""
    settled = HARMLESS + _NO_VERDICTS + ("jump", "goto")
    return any(kind not in settled for one in expressions for kind in one)


def rule_of(expressions, text, sets, hides=False):
    """Read one rule.

    Where nft hides a set's limit, a rule that drops is read as one that drops
    what is over it: wrong only towards letting more in, so nothing that is open
    looks closed; what is then said to be let in, a probe from outside sees too.

    :arg text: the rule in words, for the evidence
    :arg sets: {name: set or map} of its table
    :arg hides: whether this nft leaves the limit of ``add @seen {...}`` out
    :returns: a Rule
    """
    rule = Rule(text)
    opaque = hidden = False
    for expression in expressions:
        for kind, body in expression.items():
            if kind == "match":
                rule.when(test_of(body, sets))
            elif kind in ("limit", "ct count"):
                # A lone packet is under every limit.
                rule.settle(not (isinstance(body, dict) and body.get("inv")))
            elif kind in ("set", "meter", "map"):
                rule.settle(_under_its_limit(body))
                hidden = hidden or (hides and kind == "set" and not body.get("stmt"))
            elif kind == "vmap":
                return rule.ending(_verdict_map(body, sets))
            elif kind == "xt":
                opaque = True
                rule.settle(None)
            elif kind in ("accept", "drop", "reject", "return"):
                if hidden and kind in ("drop", "reject"):
                    return rule.ending([])
                return rule.settle(None if hidden else True).ending([(None, kind)])
            elif kind in ("jump", "goto"):
                return rule.settle(None if hidden else True).ending([(None, (kind, body["target"]))])
            elif kind == "continue":
                return rule.ending([])
            elif kind in _ELSEWHERE:
                return rule.ending([(None, "unknown")])
            elif kind not in HARMLESS:
                opaque = True
                rule.settle(None)
    # An extension of iptables that nft can't show may be a verdict (REJECT) or not (LOG).
    return rule.ending([(None, "unknown")] if opaque else [])


def _under_its_limit(body):
    """``add @seen { ip saddr limit rate over 10/second }``: over the limit is False for a lone packet."""
    statements = body.get("stmt") if isinstance(body, dict) else None
    for statement in as_list(statements) if statements else []:
        if isinstance(statement, dict):
            for kind, inner in statement.items():
                if kind in ("limit", "ct count") and isinstance(inner, dict) and inner.get("inv"):
                    return False
    return True


def _verdict_map(body, sets):
    data = body.get("data")
    pairs = data.get("set", []) if isinstance(data, dict) else sets.get(str(data).lstrip("@"), {}).get("elem", [])
    ways = []
    for pair in pairs:
        test = test_of({"left": body.get("key"), "op": "==", "right": pair[0]}, sets)
        for kind, inner in pair[1].items():
            if kind != "continue":
                ways.append((test, (kind, inner["target"]) if kind in ("jump", "goto") else kind))
    return ways
