# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The walk through real firewalld rulesets, and the traps of hand-made ones."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import unittest

import compliance_fixtures as fixtures
from ansible_collections.iepc.prep.plugins.module_utils import firewall_nft
from ansible_collections.iepc.prep.plugins.module_utils.firewall_walk import Firewall, packet

SETS = {
    "prep-allowed4": ["203.0.113.10", "198.51.100.0/28"],
    "prep-allowed6": ["2001:db8:10::/64"],
    "prep-admin4": ["192.0.2.77"],
    "prep-admin6": ["2001:db8:77::7"],
}
# What zone prep means: (source, port, expected).
ZONE_PREP = (
    ("8.8.8.8", 22, "drop"),
    ("8.8.8.8", 873, "drop"),
    ("8.8.8.8", 80, "accept"),
    ("8.8.8.8", 443, "accept"),
    ("8.8.8.8", 3306, "drop"),
    ("203.0.113.10", 22, "accept"),
    ("203.0.113.10", 873, "accept"),
    ("203.0.113.11", 22, "drop"),
    ("198.51.100.0", 873, "accept"),
    ("198.51.100.15", 873, "accept"),
    ("198.51.100.16", 873, "drop"),
    ("192.0.2.77", 22, "accept"),
    ("192.0.2.77", 873, "drop"),
    ("2001:db8:10::5", 22, "accept"),
    ("2001:db8:11::", 22, "drop"),
    ("2001:db8:11::", 443, "accept"),
    ("2001:db8:77::7", 22, "accept"),
    ("2001:db8:77::7", 873, "drop"),
)


def chain(name, hook="input", policy="accept", family="inet", table="t", prio=0):
    body = {"family": family, "table": table, "name": name}
    if hook:
        body.update(type="filter", hook=hook, prio=prio, policy=policy)
    return {"chain": body}


def rule(where, *expressions, **keys):
    return {
        "rule": {
            "family": keys.get("family", "inet"),
            "table": keys.get("table", "t"),
            "chain": where,
            "expr": list(expressions),
        }
    }


def match(left, right, op="=="):
    return {"match": {"op": op, "left": left, "right": right}}


def dport(right, op="=="):
    return match({"payload": {"protocol": "tcp", "field": "dport"}}, right, op)


def saddr(right, family="ip", op="=="):
    return match({"payload": {"protocol": family, "field": "saddr"}}, right, op)


ACCEPT, DROP = {"accept": None}, {"drop": None}


class RealFirewalld(unittest.TestCase):
    def check(self, firewall):
        for source, port, expected in ZONE_PREP:
            verdict, reason = firewall.walk(packet(source, port))
            self.assertEqual((source, port, verdict), (source, port, expected), reason)

    def test_nftables_backend(self):
        self.check(Firewall(fixtures.nft()))

    def iptables(self):
        return {
            "v4": fixtures.read("firewall", "firewalld-iptables-v4.txt"),
            "v6": fixtures.read("firewall", "firewalld-iptables-v6.txt"),
        }

    def test_iptables_backend_as_on_centos_7(self):
        self.check(Firewall([], self.iptables(), SETS))

    def test_iptables_over_nft_is_judged_from_iptables_save(self):
        seen = json.loads(fixtures.read("firewall", "firewalld-iptables-seen-by-nft.json"))["nftables"]
        self.check(Firewall(seen, self.iptables(), SETS))
        # Without it nft only shows "xt": nobody can tell, and nobody pretends to.
        self.assertEqual(Firewall(seen).walk(packet("8.8.8.8", 22))[0], "unknown")

    def test_a_set_that_nobody_knows_is_unknown(self):
        self.assertEqual(Firewall([], self.iptables()).walk(packet("8.8.8.8", 22))[0], "unknown")
        self.assertEqual(Firewall([], self.iptables()).walk(packet("8.8.8.8", 3306))[0], "drop")

    def test_the_rules_name_their_sources(self):
        named = Firewall(fixtures.nft()).named_sources()
        self.assertEqual(named, sorted(sum(SETS.values(), [])))

    def test_a_source_zone_that_trusts_a_network(self):
        objects = fixtures.nft()
        objects += [
            chain("filter_IN_trusted", hook=None, table="firewalld"),
            rule("filter_IN_trusted", ACCEPT, table="firewalld"),
        ]
        goto = rule(
            "filter_INPUT_ZONES",
            saddr({"prefix": {"addr": "10.9.0.0", "len": 16}}),
            {"goto": {"target": "filter_IN_trusted"}},
            table="firewalld",
        )
        objects.insert(0, goto)
        firewall = Firewall(objects)
        self.assertEqual(firewall.walk(packet("10.9.1.1", 873))[0], "accept")
        self.assertEqual(firewall.walk(packet("10.10.1.1", 873))[0], "drop")
        self.assertIn("10.9.0.0/16", firewall.named_sources())


class Traps(unittest.TestCase):
    def walk(self, objects, source="8.8.8.8", port=22, **keys):
        return Firewall(objects).walk(packet(source, port, **keys))[0]

    def test_no_rules_let_everything_in(self):
        self.assertEqual(self.walk([]), "accept")

    def test_policy(self):
        self.assertEqual(self.walk([chain("i", policy="drop")]), "drop")

    def test_first_match_wins(self):
        self.assertEqual(self.walk([chain("i"), rule("i", dport(22), ACCEPT), rule("i", DROP)]), "accept")
        self.assertEqual(self.walk([chain("i"), rule("i", DROP), rule("i", dport(22), ACCEPT)]), "drop")

    def test_accept_in_one_table_does_not_save_from_another(self):
        objects = [
            chain("a", table="one"),
            rule("a", ACCEPT, table="one"),
            chain("b", table="two", prio=10),
            rule("b", dport(22), {"reject": {"type": "tcp reset"}}, table="two"),
        ]
        self.assertEqual(self.walk(objects), "reject")
        self.assertEqual(self.walk(objects, port=80), "accept")

    def test_ipv6_forgotten(self):
        objects = [
            chain("i", family="ip", policy="drop"),
            rule("i", dport(80), ACCEPT, family="ip"),
        ]
        self.assertEqual(self.walk(objects), "drop")
        self.assertEqual(self.walk(objects, source="2001:db8::1"), "accept")

    def test_return_and_goto(self):
        objects = [
            chain("i", policy="drop"),
            chain("sub", hook=None),
            chain("gone", hook=None),
            rule("i", {"jump": {"target": "sub"}}),
            rule("i", {"goto": {"target": "gone"}}),
            rule("i", ACCEPT),
            rule("sub", dport(22), {"return": None}),
            rule("sub", ACCEPT),
        ]
        self.assertEqual(self.walk(objects), "drop")
        self.assertEqual(self.walk(objects, port=80), "accept")

    def test_ranges_sets_negation(self):
        objects = [
            chain("i", policy="drop"),
            rule("i", dport({"range": [20, 25]}), saddr({"range": ["8.8.8.0", "8.8.8.9"]}), ACCEPT),
        ]
        self.assertEqual(self.walk(objects), "accept")
        self.assertEqual(self.walk(objects, source="8.8.8.10"), "drop")
        objects = [chain("i"), rule("i", dport({"set": [80, {"range": [440, 450]}]}, "!="), DROP)]
        self.assertEqual(self.walk(objects), "drop")
        self.assertEqual(self.walk(objects, port=443), "accept")

    def test_verdict_map_and_concatenation(self):
        key = {"concat": [{"payload": {"protocol": "ip", "field": "saddr"}},
                          {"payload": {"protocol": "tcp", "field": "dport"}}]}  # fmt: skip
        objects = [
            chain("i", policy="drop"),
            {"map": {"family": "inet", "table": "t", "name": "m", "type": ["ipv4_addr", "inet_service"],
                     "elem": [[{"concat": ["8.8.8.8", 22]}, {"accept": None}]]}},
            rule("i", {"vmap": {"key": key, "data": "@m"}}),
        ]  # fmt: skip
        self.assertEqual(self.walk(objects), "accept")
        self.assertEqual(self.walk(objects, port=23), "drop")

    def test_a_lone_packet_is_under_every_limit(self):
        limit = {"limit": {"rate": 10, "per": "second", "inv": True}}
        count = {"ct count": {"val": 50, "inv": True}}
        meter = {"set": {"op": "add", "elem": {}, "set": "@s", "stmt": [limit]}}
        for over in (limit, count, meter):
            self.assertEqual(self.walk([chain("i"), rule("i", dport(22), over, DROP)]), "accept")

    def test_old_nft_hides_the_limit_of_a_set(self):
        add = {"set": {"op": "add", "elem": {}, "set": "@s"}}
        old, new = {"metainfo": {"version": "0.9.8"}}, {"metainfo": {"version": "1.0.6"}}
        dropping = [chain("i"), rule("i", dport(22), add, DROP)]
        self.assertEqual(self.walk([old] + dropping), "accept")
        self.assertEqual(self.walk([new] + dropping), "drop")
        # What it lets in may have no bound at all: nobody can tell.
        letting_in = [chain("i", policy="drop"), rule("i", dport(22), add, ACCEPT)]
        self.assertEqual(self.walk([old] + letting_in), "unknown")

    def test_tcp_flags_of_a_first_packet(self):
        left = {"&": [{"payload": {"protocol": "tcp", "field": "flags"}}, {"|": ["fin", "syn", "rst", "ack"]}]}
        objects = [chain("i"), rule("i", match(left, "syn", "!="), DROP)]
        self.assertEqual(self.walk(objects), "accept")

    def test_established_is_not_a_new_connection(self):
        state = {"ct": {"key": "state"}}
        objects = [
            chain("i", policy="drop"),
            rule("i", match(state, {"set": ["established", "related"]}, "in"), ACCEPT),
        ]
        self.assertEqual(self.walk(objects), "drop")
        objects.append(rule("i", match(state, "new", "in"), ACCEPT))
        self.assertEqual(self.walk(objects), "accept")

    def test_interfaces(self):
        objects = [chain("i", policy="drop"), rule("i", match({"meta": {"key": "iifname"}}, "ens*"), ACCEPT)]
        self.assertEqual(self.walk(objects), "drop")
        self.assertEqual(self.walk(objects, interface="ens3"), "accept")

    def test_what_cannot_be_read_is_unknown_unless_it_makes_no_difference(self):
        odd = match({"payload": {"base": "th", "offset": 16, "len": 16}}, 22)
        self.assertEqual(self.walk([chain("i", policy="drop"), rule("i", odd, ACCEPT)]), "unknown")
        self.assertEqual(self.walk([chain("i", policy="drop"), rule("i", odd, DROP)]), "drop")
        self.assertEqual(self.walk([chain("i"), rule("i", {"brand new": {}}, DROP)]), "unknown")

    def test_translated_to_elsewhere_is_unknown(self):
        objects = [chain("p", hook="prerouting"), rule("p", dport(873), {"dnat": {"addr": "172.17.0.2"}})]
        self.assertEqual(self.walk(objects, port=873), "unknown")
        self.assertEqual(self.walk(objects), "accept")

    def test_bans_are_left_out(self):
        objects = [
            chain("f2b-chain", table="f2b-table", prio=-1),
            rule("f2b-chain", saddr("8.8.8.8"), DROP, table="f2b-table"),
        ]
        self.assertEqual(self.walk(objects), "accept")

    def test_a_ring_of_jumps_ends(self):
        objects = [chain("i"), rule("i", {"jump": {"target": "i"}}), rule("i", dport(22), DROP)]
        self.assertEqual(self.walk(objects), "unknown")

    def test_a_rule_is_read_once_for_all_packets(self):
        read, given = [], firewall_nft.rule_of
        objects = [chain("i", policy="drop"), rule("i", dport(22), ACCEPT), rule("i", saddr("8.8.8.8"), DROP)]

        def counted(*arguments):
            read.append(arguments[0])
            return given(*arguments)

        firewall_nft.rule_of = counted
        try:
            firewall = Firewall(objects)
            found = [firewall.walk(packet("8.8.8.8", port))[0] for port in (22, 23, 80, 22)]
        finally:
            firewall_nft.rule_of = given
        self.assertEqual(found, ["accept", "drop", "drop", "accept"])
        self.assertEqual(len(read), 2)


class IptablesText(unittest.TestCase):
    def walk(self, rules, source="8.8.8.8", port=22, policy="DROP", sets=None):
        text = "*filter\n:INPUT %s [0:0]\n:SUB - [0:0]\n%s\nCOMMIT\n" % (policy, "\n".join(rules))
        return Firewall([], {"v4": text, "v6": None}, sets).walk(packet(source, port))[0]

    def test_options(self):
        self.assertEqual(self.walk(["-A INPUT -p tcp -m multiport --dports 22,80:90 -j ACCEPT"]), "accept")
        self.assertEqual(self.walk(["-A INPUT -p udp --dport 22 -j ACCEPT"]), "drop")
        self.assertEqual(self.walk(["-A INPUT ! -s 8.8.0.0/16 -j ACCEPT"]), "drop")
        self.assertEqual(self.walk(["-A INPUT -s 8.0.0.0/255.0.0.0 -j ACCEPT"]), "accept")
        self.assertEqual(self.walk(["-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT"]), "drop")
        self.assertEqual(self.walk(['-A INPUT -m comment --comment "let in" -j ACCEPT']), "accept")
        self.assertEqual(self.walk(["-A INPUT -i eth+ -j ACCEPT"]), "accept")
        self.assertEqual(self.walk(["-A INPUT -j SUB", "-A SUB -p tcp -j RETURN", "-A SUB -j ACCEPT"]), "drop")

    def test_limits_and_bans(self):
        above = "-A INPUT -p tcp -m connlimit --connlimit-above 5 --connlimit-mask 32 -j REJECT"
        self.assertEqual(self.walk([above], policy="ACCEPT"), "accept")
        banned = "-A INPUT -p tcp -m set --match-set f2b-sshd src -j REJECT"
        self.assertEqual(self.walk([banned], policy="ACCEPT"), "accept")

    def test_unknown_options(self):
        odd = "-A INPUT -m u32 --u32 0>>22 -j ACCEPT"
        self.assertEqual(self.walk([odd]), "unknown")
        self.assertEqual(self.walk([odd], policy="ACCEPT"), "accept")
        self.assertEqual(self.walk(['-A INPUT -m comment --comment "open -j ACCEPT']), "unknown")


if __name__ == "__main__":
    unittest.main()
