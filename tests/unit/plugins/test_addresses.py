# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import absolute_import, division, print_function

import unittest

from ansible_collections.iepc.prep.plugins.module_utils import addresses

__metaclass__ = type


class Networks(unittest.TestCase):
    def test_reads_addresses_and_networks(self):
        self.assertEqual(addresses.parse_network("192.0.2.10"), (4, 0xC000020A, 32))
        self.assertEqual(addresses.parse_network("192.0.2.0/24")[2], 24)
        self.assertEqual(addresses.parse_network("2001:db8::/32")[0], 6)

    def test_refuses_what_only_looks_like_one(self):
        for text in (
            "192.0.2",
            "192.0.2.256",
            "192.0.2.01/33",
            "192.0.2.0/",
            "192.0.2.0/-1",
            "192.0.2.0/24/1",
            " 192.0.2.1",
            "::1%eth0",
            "iepc.example.org",
            "",
            None,
            3232235777,
            ["192.0.2.1"],
        ):
            with self.assertRaises(addresses.AddressError):
                addresses.parse_network(text)

    def test_host_bits_name_the_network_meant(self):
        with self.assertRaises(addresses.AddressError) as caught:
            addresses.parse_network("192.0.2.77/26")
        self.assertEqual(caught.exception.hint, "192.0.2.64/26")
        with self.assertRaises(addresses.AddressError) as caught:
            addresses.parse_network("2001:db8::1/64")
        self.assertEqual(caught.exception.hint, "2001:db8::/64")

    def test_everyone_is_no_source(self):
        for text in (
            "0.0.0.0/0",
            "::/0",
            "0.0.0.0/1",
            "128.0.0.0/1",
            "2000::/3",
            "224.0.0.1",
            "ff02::1",
            "0.0.0.0",
        ):
            with self.assertRaises(addresses.AddressError):
                addresses.check_source(text)
        self.assertEqual(addresses.check_source("10.0.0.0/8")[2], 8)

    def test_contains(self):
        self.assertTrue(addresses.contains("192.0.2.0/24", "192.0.2.255"))
        self.assertTrue(addresses.contains("192.0.2.9", "::ffff:192.0.2.9"))
        self.assertFalse(addresses.contains("192.0.2.0/25", "192.0.2.128"))
        self.assertFalse(addresses.contains("192.0.2.0/24", "2001:db8::1"))
        self.assertFalse(addresses.contains("nonsense", "192.0.2.1"))
        self.assertFalse(addresses.contains("192.0.2.0/24", None))

    def test_host_names(self):
        for text in ("prep.example.org", "a-b.example.mx", "xn--prep-1ra.example.org"):
            self.assertTrue(addresses.is_host_name(text), text)
        for text in (
            "localhost",
            "192.0.2.1",
            "https://prep.example.org",
            "prep_x.example.org",
            "-a.example.org",
            "prep..org",
            "prep.example.org/",
            "1.2.3",
            None,
            7,
        ):
            self.assertFalse(addresses.is_host_name(text), text)


if __name__ == "__main__":
    unittest.main()
