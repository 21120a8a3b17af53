# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A server may send anything of any size; the report stays small and says that it was not judged."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import unittest

import compliance_fixtures as fixtures
from ansible_collections.iepc.prep.plugins.module_utils import report_model
from ansible_collections.iepc.prep.plugins.module_utils.evidence import limits


class Iterated(list):
    """A list that counts what is taken from it."""

    taken = 0

    def __iter__(self):
        for one in list.__iter__(self):
            self.taken += 1
            yield one


def judged(key, value):
    host = fixtures.host()
    host["evidence"]["items"][key]["value"] = value
    report = report_model.build(fixtures.call(), [host], fixtures.run())
    return dict((one["control"], one) for one in report["diffusers"][0]["results"])


class Limits(unittest.TestCase):
    def test_an_honest_server_is_left_as_it_is(self):
        evidence = fixtures.evidence()
        self.assertIs(limits.within_limits(evidence), evidence)

    def test_a_hundred_megabytes_of_sockets_are_an_error_and_hardly_looked_at(self):
        sockets = Iterated({"proto": "tcp", "address": "0.0.0.0", "port": 80, "program": "x" * 60} for _n in range(1))
        sockets.extend([sockets[0]] * 700000)
        found = judged("sockets.listening", sockets)["apache.answers"]
        self.assertEqual(found["result"], "error")
        self.assertIn("100000 valores", found["found"])
        self.assertEqual(sockets.taken, 0)

    def test_a_text_beyond_measure_is_an_error(self):
        item = {"value": "a" * (limits.MAX_CHARACTERS + 1)}
        self.assertIn("caracteres", limits.excess(item))
        self.assertEqual(limits.excess({"value": "a" * 1000}), "")

    def test_a_bottomless_value_is_an_error(self):
        deep = []
        for _level in range(100000):
            deep = [deep]
        self.assertIn("niveles", limits.excess(deep))

    def test_an_endless_number_of_items_leaves_none(self):
        evidence = {"items": dict(("x%d" % number, {"value": 1}) for number in range(10000))}
        self.assertEqual(limits.within_limits(evidence)["items"], {})

    def test_what_is_no_unicode_is_replaced(self):
        found = report_model.excerpt(["\ud800 resto"])
        found.encode("utf-8")
        self.assertTrue(found.endswith("resto"))


if __name__ == "__main__":
    unittest.main()
