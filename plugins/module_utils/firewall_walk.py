# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What the firewall in the kernel does with one packet.

Judges the effect of the rules, not the text that somebody wrote: the first
match in each base chain decides, whatever tool put the rules there. The packet
is one lone, new connection to an address of the server itself, so rate limits
let it pass and established traffic isn't it.

A rule that can't be understood is never guessed at. It leaves both ways open;
if they end differently the answer is ``unknown``.

Bans of fail2ban are left out (tables, chains and sets named ``f2b-*``): they
come and go by themselves and are no part of what the call asks of a firewall.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils import (
    firewall_iptables,
    firewall_nft,
    firewall_nft_text,
    ip_ranges,
)

ACCEPT, DROP, REJECT, UNKNOWN = "accept", "drop", "reject", "unknown"


def packet(source, port, proto="tcp", interface="eth0"):
    """A new connection from ``source`` (address as text) to ``port`` of the server."""
    return {
        "family": 6 if ":" in source else 4,
        "source": ip_ranges.Address(source),
        "proto": proto,
        "port": int(port),
        "interface": interface,
    }


class Firewall(object):
    """All rules that are loaded, read once for many packets.

    :arg nft_objects: the list under ``nftables`` of ``nft -j list ruleset``, or None
    :arg iptables_texts: {'v4': iptables-save's output or None, 'v6': ip6tables-save's or None}
    :arg ipsets: {name: [address, network, ...]} for iptables' ``--match-set``
    """

    def __init__(self, nft_objects, iptables_texts=None, ipsets=None):
        texts = iptables_texts or {}
        self._objects = nft_objects or []
        self._ipsets = ipsets or {}
        self._tables = firewall_nft.index(self._objects)
        self._saved = dict(
            (family, firewall_iptables.parse(texts.get("v%d" % family), self._ipsets)) for family in (4, 6)
        )

    def walk(self, one):
        """Send packet ``one`` (see :func:`packet`) through every table.

        :returns: (verdict, reason): accept, drop, reject or unknown; reason is the rule that decided
        """
        saved = self._saved[one["family"]]
        # iptables-nft's tables show up in both; iptables-save shows them whole, nft only as "xt".
        outcomes = firewall_nft.outcomes(self._tables, one, skip_tables=saved)
        if ACCEPT in outcomes:
            reason = outcomes.pop(ACCEPT)
            second = firewall_iptables.outcomes(saved, one)
            if ACCEPT in second and not saved.get("filter"):
                second[ACCEPT] = reason
            for verdict, why in second.items():
                outcomes.setdefault(verdict, why)
        return _sum_up(outcomes)

    def named_sources(self):
        """Every source address or network that a rule or a set names.

        A source zone that trusts a network can't be found by trying made-up
        addresses; it can by trying what the rules themselves speak of.

        :returns: sorted list of texts, ``"192.0.2.0/24"``
        """
        found = set(firewall_nft_text.named_sources(self._objects))
        for saved in self._saved.values():
            found.update(firewall_iptables.named_sources(saved))
        for members in self._ipsets.values():
            found.update(members)
        return sorted(found)


def _sum_up(outcomes):
    verdicts = set(outcomes)
    if len(verdicts) == 1:
        verdict = verdicts.pop()
        return verdict, outcomes[verdict]
    if verdicts == set([DROP, REJECT]):
        return DROP, outcomes[DROP]
    return UNKNOWN, "; ".join("%s: %s" % (name, outcomes[name]) for name in sorted(outcomes))
