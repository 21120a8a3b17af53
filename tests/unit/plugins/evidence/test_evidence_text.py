# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import absolute_import, division, print_function

import json
import re
import unittest

from ansible_collections.iepc.prep.plugins.module_utils.evidence import items, text
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from fake_reader import FakeReader

__metaclass__ = type


class Text(unittest.TestCase):
    def test_invalid_utf8_is_replaced(self):
        self.assertEqual(text.to_text(b"a\xff\xfeb"), u"a\ufffd\ufffdb")

    def test_lone_surrogates_can_be_written_as_utf8(self):
        text.to_text(u"a\udcffb").encode("utf-8")

    def test_bounds_cut_and_say_so(self):
        self.assertEqual(text.bounded({"a": "x" * 10}, 4), ({"a": "xxxx"}, True))
        self.assertEqual(text.bounded([1, 2, 3], 4, 2), ([1, 2], True))
        self.assertEqual(text.bounded({"a": [1, None, True, 2.5]}), ({"a": [1, None, True, 2.5]}, False))

    def test_secrets_in_a_line_are_masked(self):
        for line, secret in (
            ("0 * * * * root curl https://ana:s3cret@example.org/x", "s3cret"),
            ("0 * * * * root mysqldump --password=s3cret db", "s3cret"),
            ("0 * * * * root tool --token 's3 cret' x", "s3 cret"),
            ("0 * * * * root curl -H 'Authorization: Bearer s3cret' x", "s3cret"),
        ):
            self.assertNotIn(secret, text.redacted(line))
        self.assertEqual(text.redacted("17 * * * * root run-parts /etc"), "17 * * * * root run-parts /etc")


class Items(unittest.TestCase):
    def test_an_item_names_its_sources_rc_and_time(self):
        reader = FakeReader({"nft": (0, "x", "")}, {"/etc/a": "b"})
        made = items.item(reader, lambda look, options: look.must(("nft", "-j")) + look.read("/etc/a"), {})
        self.assertEqual(made["value"], "xb")
        self.assertEqual(made["source"], "nft -j; /etc/a")
        self.assertEqual(made["rc"], 0)
        self.assertIsNone(made["error"])
        self.assertTrue(re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", made["at"]))

    def test_a_command_that_fails_is_an_error_with_its_own_words(self):
        reader = FakeReader({"nft": (1, "", "netlink: Operation not permitted\n")})
        made = items.item(reader, lambda look, options: look.must(("nft",)), {})
        self.assertIsNone(made["value"])
        self.assertEqual(made["rc"], 1)
        self.assertEqual(made["error"], "nft: rc 1: netlink: Operation not permitted")

    def test_a_parser_that_breaks_is_an_error_of_its_item_only(self):
        def breaks(look, options):
            raise KeyError(u"acci\xf3n")

        evidence = items.gather(FakeReader(), [("a", breaks), ("b", lambda look, options: 1)], {})
        self.assertIn("KeyError", evidence["items"]["a"]["error"])
        self.assertEqual(evidence["items"]["b"]["value"], 1)

    def test_an_error_never_comes_with_a_value(self):
        def late(look, options):
            raise SourceError("gone")

        self.assertIsNone(items.item(FakeReader(), late, {})["value"])

    def test_a_cut_output_marks_the_item(self):
        reader = FakeReader(files={"/big": "x" * 100})
        made = items.item(reader, lambda look, options: look.read("/big", 10), {})
        self.assertTrue(made["truncated"])
        self.assertEqual(made["value"], "x" * 10)

    def test_evidence_is_json(self):
        evidence = items.gather(FakeReader(), [("a", lambda look, options: {b"k\xff": b"\xff"})], {})
        json.dumps(evidence)


if __name__ == "__main__":
    unittest.main()
