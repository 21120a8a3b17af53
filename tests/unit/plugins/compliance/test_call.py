# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The call's shape, and one line for each mistake in it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import io
import os
import unittest

import compliance_fixtures as fixtures
from ansible_collections.iepc.prep.plugins.module_utils import call, inputs
from ansible_collections.iepc.prep.plugins.module_utils.controls.registry import CHECKS

CALLS = os.path.join(fixtures.FIXTURES, "..", "..", "..", "calls")


class Call(unittest.TestCase):
    def setUp(self):
        self.data = fixtures.call()

    def problems(self):
        return call.problems(self.data, "dgo_2022.yml", CHECKS)

    def test_durango_2022_is_right(self):
        self.assertEqual(self.problems(), [])
        self.assertTrue(35 <= len(self.data["controls"]) <= 60)

    def test_the_fixture_is_the_call(self):
        try:
            import yaml
        except ImportError:
            return  # Python 2.7: the other interpreters have looked
        with io.open(os.path.join(CALLS, "dgo_2022.yml"), encoding="utf-8") as stream:
            self.assertEqual(yaml.safe_load(stream), self.data)
        with io.open(os.path.join(CALLS, "ensayo_2027.yml"), encoding="utf-8") as stream:
            self.assertEqual(yaml.safe_load(stream), fixtures.later_call())

    def test_the_later_call_is_right(self):
        self.assertEqual(call.problems(fixtures.later_call(), "ensayo_2027.yml", CHECKS), [])

    def test_every_clause_has_a_link_to_its_text(self):
        url = call.clause_url(self.data, "II.2")
        self.assertEqual(url, self.data["document"]["url"] + "#II.2")
        self.data["clauses"]["II.2"]["url"] = "https://example.org/anexo#p7"
        self.assertEqual(call.clause_url(self.data, "II.2"), "https://example.org/anexo#p7")
        del self.data["document"]["url"]
        self.assertEqual(call.clause_url(self.data, "II.1"), "")

    def test_what_needs_no_code(self):
        one = dict(self.data["controls"][0], slug="redundancy.building", source=["document"], attestable=True)
        self.data["controls"].append(one)
        self.assertEqual(self.problems(), [])
        one["attestable"] = False
        self.assertEqual(len(self.problems()), 1)
        one.update(slug="documents.unheard_of")
        self.assertIn("the slug of one of the documents", self.problems()[0])

    def test_every_clause_that_can_be_proven_has_a_control(self):
        proven = set(one["clause"] for one in self.data["controls"])
        # I.11 and I.12 are acts of the institute's own: interrupting, judging.
        self.assertEqual(set(self.data["clauses"]) - proven, set(["I.11", "I.12"]))

    def test_the_inventory_reads_its_slugs(self):
        self.assertEqual(inputs.call_stages(self.data), ["installation", "drills", "list", "election"])
        self.assertIn("firewall.restricted_ports", inputs.call_controls(self.data))

    def test_one_line_per_mistake(self):
        self.data["zone"] = "Durango!"
        self.data["extra"] = 1
        self.data["windows"]["publication"]["closes"] = "2022-06-05 19:00"
        self.data["controls"][0]["clause"] = "IX.9"
        self.data["controls"][1]["severity"] = "grave"
        self.data["controls"][2]["source"] = ["rumour"]
        self.data["controls"][3]["slug"] = "publication.unheard_of"
        del self.data["controls"][4]["text"]["es"]
        self.data["ports"]["restricted"] = [22, 80, 873]
        self.data["services"]["rsync"] = 443
        self.data["documents"][0]["deadline"] = "2022-02-30"
        self.data["controls"][5]["version"] = 0
        lines = self.problems()
        self.assertEqual(len(lines), 12, lines)
        for line in lines:
            self.assertTrue(line.startswith("dgo_2022.yml: "), line)
            self.assertIn("expected", line)
        with self.assertRaises(call.CallError) as caught:
            call.load(self.data, "dgo_2022.yml", CHECKS)
        self.assertEqual(caught.exception.errors, lines)

    def test_twice_the_same_control(self):
        self.data["controls"].append(self.data["controls"][0])
        self.assertEqual(len(self.problems()), 1)

    def test_no_control_at_all(self):
        self.data["controls"] = []
        self.assertEqual(len(self.problems()), 1)

    def test_other_shapes(self):
        for data in (None, [], "x", {}, {"controls": [None]}, {"stages": "x", "ports": 7, "windows": []}):
            self.assertTrue(call.problems(data, "x.yml"), data)


if __name__ == "__main__":
    unittest.main()
