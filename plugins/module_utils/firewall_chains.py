# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""First match in chains of rules, where a match may be yes, no or unknown.

Shared by the nftables and the iptables reader, which turn their rules into
``(match, action, description)``: match True, False or None (can't tell); action
one of accept, drop, reject, unknown, return, None (goes on), ('jump', chain),
('goto', chain).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

FALL_THROUGH = "fall_through"
_DEEPEST = 64


def both(one, other):
    """True, False or None (can't tell): whether both hold."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


class Rule(object):
    """A rule, read once: it matches when all of its tests do, and then goes one of its ways.

    A test is a function: packet -> True, False or None (can't tell).
    """

    def __init__(self, text):
        self.text = text
        self._match = True
        self._tests = []
        self._ways = []

    def when(self, test):
        """Add a test."""
        self._tests.append(test)
        return self

    def settle(self, answer):
        """Add a test whose answer is the same for every packet that we ask about."""
        self._match = both(self._match, answer)
        return self

    def ending(self, ways):
        """Say where it leads: [(test of its own or None, action)]; nowhere when the next rule follows anyway."""
        self._ways = [] if self._match is False else ways
        return self

    def answers(self, packet):
        """[(match, action)] for one packet; what can't match may be left out."""
        if not self._ways:
            return []
        match = self._match
        for test in self._tests:
            match = both(match, test(packet))
            if match is False:
                return []
        return [(both(match, test(packet)) if test else match, action) for test, action in self._ways]


def walk_chain(name, rules_of, memo=None, depth=0):
    """All ways in which chain ``name`` may end for one packet.

    :arg rules_of: function: chain name -> iterable of (match, action, description)
    :returns: {outcome: description of the rule}, outcome fall_through if no rule decides
    """
    memo = {} if memo is None else memo
    if name in memo:
        return memo[name]
    if depth > _DEEPEST:
        return {"unknown": "more than %d jumps deep" % _DEEPEST}
    ends = {}
    for match, action, description in rules_of(name):
        if match is False or action is None:
            continue
        kind = action[0] if isinstance(action, tuple) else action
        if kind in ("jump", "goto"):
            ways = walk_chain(action[1], rules_of, memo, depth + 1)
        elif kind == "return":
            ways = {FALL_THROUGH: description}
        else:
            ways = {kind: description}
        for way, why in ways.items():
            if not (kind == "jump" and way == FALL_THROUGH):
                ends.setdefault(way, why)
        decided = kind != "jump" or FALL_THROUGH not in ways
        if match is True and decided:
            break
    else:
        ends.setdefault(FALL_THROUGH, "end of chain %s" % name)
    memo[name] = ends
    return ends


def through(base_chains):
    """Outcome of several base chains in their order; the packet must pass them all.

    :arg base_chains: list of (ends, policy, description), ends as of :func:`walk_chain`
    :returns: {outcome: description} without fall_through
    """
    total = {}
    passing = None
    by_rule = False
    for ends, policy, description in base_chains:
        ends = dict(ends)
        by_policy = "accept" not in ends
        if FALL_THROUGH in ends:
            ends.pop(FALL_THROUGH)
            ends.setdefault(policy, "%s: policy %s" % (description, policy))
        accepted = ends.pop("accept", None)
        for verdict, why in ends.items():
            total.setdefault(verdict, why)
        if accepted is None:
            return total
        if passing is None or not by_policy or not by_rule:
            passing, by_rule = accepted, not by_policy  # a rule says more than a policy
    total["accept"] = passing or "no rule stands in the way"
    return total
