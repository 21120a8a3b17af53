# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads ``nft -j list ruleset`` (libnftables-json(5)) for one packet."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.firewall_chains import through, walk_chain
from ansible_collections.iepc.prep.plugins.module_utils.firewall_nft_match import as_list
from ansible_collections.iepc.prep.plugins.module_utils.firewall_nft_rules import jumps, may_decide, rule_of
from ansible_collections.iepc.prep.plugins.module_utils.firewall_nft_text import describe

# Hooks a packet for the server itself passes, in their order; then by priority.
_HOOKS = ("ingress", "prerouting", "input")
_FAMILIES = {4: ("inet", "ip", "netdev"), 6: ("inet", "ip6", "netdev")}
_IPTABLES_TABLES = ("filter", "nat", "mangle", "raw", "security")


def index(objects):
    """Sort the ruleset's objects by table, once for many packets.

    :arg objects: list of {"table": ..}, {"chain": ..}, {"set": ..}, {"rule": ..}
    :returns: {(family, table): {"title", "chains", "rules", "sets", "hides", "read"}}
    """
    tables = {}
    hides = any(_is_before_1_0(one["metainfo"]) for one in objects if "metainfo" in one)
    for one in objects:
        for kind, body in one.items():
            if kind not in ("chain", "rule", "set", "map") or body["table"].startswith("f2b"):
                continue
            key = (body["family"], body["table"])
            table = tables.setdefault(key, _table(key, hides))
            if kind == "chain":
                table["chains"][body["name"]] = body
            elif kind == "rule":
                table["rules"].setdefault(body["chain"], []).append(body.get("expr", []))
            else:
                table["sets"][body["name"]] = body
    for table in tables.values():
        _prune(table["rules"], set(table["chains"]))
    return tables


def _table(key, hides):
    return {"title": "%s %s" % key, "chains": {}, "rules": {}, "sets": {}, "hides": hides, "read": {}}


def _is_before_1_0(about):
    """nft 0.9 leaves the limit out of ``add @seen { ip saddr limit rate over 9/second } drop`` in JSON."""
    return "%s" % (about.get("version"),) < "1"


def _prune(rules, chains):
    """Leave out jumps into chains that decide nothing, most of what firewalld lays out ahead.

    A chain is idle when no rule in it, or in those it leads to, holds a verdict.
    """
    idle = set(chains)
    shrinking = True
    while shrinking:
        busy = [name for name in idle if any(_decides(one, idle) for one in rules.get(name, []))]
        idle.difference_update(busy)
        shrinking = bool(busy)
    for name in rules:
        rules[name] = [] if name in idle else [one for one in rules[name] if not _jumps_into(one, idle)]


def _decides(expressions, idle):
    return may_decide(expressions) or any(target not in idle for target in jumps(expressions))


def _jumps_into(expressions, idle):
    return any("jump" in one and one["jump"]["target"] in idle for one in expressions)


def outcomes(tables, packet, skip_tables=()):
    """What becomes of ``packet``.

    :arg tables: see :func:`index`
    :arg skip_tables: iptables' tables that are judged from iptables-save instead
    :returns: {"accept"|"drop"|"reject"|"unknown": description of the rule}
    """
    families = _FAMILIES[packet["family"]]
    skipped = set(_native(packet["family"], name) for name in skip_tables if name in _IPTABLES_TABLES)
    base = []
    for key in sorted(tables):
        if key[0] not in families or key in skipped:
            continue
        for name, chain in sorted(tables[key]["chains"].items()):
            if chain.get("hook") in _HOOKS:
                order = (_HOOKS.index(chain["hook"]), chain.get("prio", 0), key, name)
                base.append((order, key, name, chain))
    passed = []
    for _dummy, key, name, chain in sorted(base, key=lambda item: item[0]):
        if chain["hook"] == "ingress" and packet["interface"] not in as_list(chain.get("dev")):
            continue
        ends = walk_chain(name, _reader(tables[key], packet))
        passed.append((ends, chain.get("policy", "accept"), "%s %s %s" % (key[0], key[1], name)))
    return through(passed)


def _native(family, name):
    return ("ip" if family == 4 else "ip6", name)


def _reader(table, packet):
    """The function that walk_chain asks for a chain's rules."""

    def rules_of(chain):
        if chain.startswith("f2b-"):
            return
        for rule in _read(table, chain):
            for match, action in rule.answers(packet):
                yield match, action, rule.text

    return rules_of


def _read(table, chain):
    """A chain's rules, read the first time that a packet comes by."""
    if chain not in table["read"]:
        table["read"][chain] = [
            rule_of(one, "%s %s: %s" % (table["title"], chain, describe(one)), table["sets"], table["hides"])
            for one in table["rules"].get(chain, [])
        ]
    return table["read"][chain]
