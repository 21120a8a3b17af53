# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What of firewalld's files and answers opens a way past the default zone."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import unittest

from ansible_collections.iepc.prep.plugins.module_utils import end_of_life, firewalld_files

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
# Of firewalld 0.6.3 and of 2.x, which names the default zone.
ACTIVE = {
    "0.6.3": "public\n  interfaces: eth0 eth1\ntrusted\n  sources: 10.0.0.0/8 ipset:friends\n",
    "2.1": "public (default)\n  interfaces: eth0 eth1\ntrusted\n  sources: 10.0.0.0/8 ipset:friends\n",
}
# What fail2ban's firewallcmd-ipset leaves, and what opens a port.
DIRECT = HEAD + """<direct>
  <rule priority="0" table="filter" ipv="ipv4" chain="INPUT_direct">-m set --match-set f2b-sshd src -j REJECT</rule>
  <rule priority="0" table="filter" ipv="ipv6" chain="INPUT">-p tcp --dport 8080 -j ACCEPT</rule>
  <passthrough ipv="ipv4">-P INPUT ACCEPT</passthrough>
</direct>
"""
POLICY = HEAD + '<policy target="%s"><ingress-zone name="ANY"/><egress-zone name="%s"/>%s</policy>'


class Zones(unittest.TestCase):
    def test_what_a_zone_is_bound_to(self):
        text = HEAD + (
            u'<zone><short>\xf1</short><interface name="eth0"/><source address="10.0.0.0/8"/><source ipset="friends"/>'
            '<rule family="ipv4"><source address="192.0.2.1"/><accept/></rule></zone>'
        )
        self.assertEqual(firewalld_files.parse_zone(text), (["eth0"], ["10.0.0.0/8", "friends"]))

    def test_a_file_that_is_no_xml(self):
        self.assertRaises(ValueError, firewalld_files.parse_zone, "<zone>")

    def test_active_zones_of_old_and_new(self):
        for version in ACTIVE:
            found = firewalld_files.parse_active(ACTIVE[version])
            self.assertEqual(found["public"], {"interfaces": ["eth0", "eth1"], "sources": []})
            self.assertEqual(found["trusted"]["sources"], ["10.0.0.0/8", "ipset:friends"])


class Others(unittest.TestCase):
    def test_direct_rules_that_accept(self):
        self.assertEqual(
            firewalld_files.accepting_direct(DIRECT),
            ["ipv6 -p tcp --dport 8080 -j ACCEPT", "ipv4 -P INPUT ACCEPT"],
        )

    def test_policies_that_let_something_in(self):
        port = '<port port="9" protocol="tcp"/>'
        rule = '<rule><service name="ssh"/><%s/></rule>'
        for target, egress, body, opens in (
            ("ACCEPT", "HOST", "", True),
            ("CONTINUE", "HOST", port, True),
            ("CONTINUE", "ANY", rule % "accept", True),
            ("CONTINUE", "HOST", rule % "drop", False),
            ("DROP", "HOST", "", False),
            ("ACCEPT", "public", port, False),
        ):
            text = POLICY % (target, egress, body)
            self.assertEqual(firewalld_files.opening_policy(text), opens, text)


class EndsOfLife(unittest.TestCase):
    def test_the_two_kinds_of_centos_8_differ(self):
        self.assertEqual(end_of_life.maintained_until("centos", "8", "CentOS Linux 8")[0], "2021-12-31")
        self.assertEqual(end_of_life.maintained_until("centos", "8", "CentOS Stream 8")[0], "2024-05-31")

    def test_the_major_version_counts(self):
        self.assertEqual(end_of_life.maintained_until("rocky", "9.4")[0], "2032-05-31")

    def test_a_system_that_is_not_known(self):
        self.assertTrue(end_of_life.maintained_until("slackware", "15.0") is None)


if __name__ == "__main__":
    unittest.main()
