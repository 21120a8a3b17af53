# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The same evidence under the call of 2022 and under a made-up one of 2027: the rules are data."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import unittest

import compliance_fixtures as fixtures
from ansible_collections.iepc.prep.plugins.module_utils import inputs
from ansible_collections.iepc.prep.plugins.module_utils.controls.registry import evaluate


class LaterCall(unittest.TestCase):
    def setUp(self):
        self.evidence, self.probes = fixtures.evidence(), fixtures.probes()
        # A Debian 12 whose pages may be kept for 45 seconds.
        self.evidence["items"]["os.release"]["value"].update(
            id="debian", version_id="12", pretty="Debian GNU/Linux 12 (bookworm)")
        for probe in self.probes:
            for key in ("http.root", "https.root"):
                probe["items"][key]["value"]["headers"]["cache-control"] = ["max-age=45"]

    def judge(self, slug, **changes):
        """(under 2022, under 2027): (result, found, expected)."""
        answers = []
        for call in (fixtures.call(), fixtures.later_call()):
            context = dict(fixtures.context(), call=call, **changes)
            answers.append(evaluate(slug, self.evidence, self.probes, context)[:3])
        return answers

    def results(self, slug, **changes):
        return tuple(one[0] for one in self.judge(slug, **changes))

    def test_systems(self):
        self.assertEqual(self.results("system.supported"), ("fail", "pass"))

    def test_freshness(self):
        self.assertEqual(self.results("freshness.cache"), ("pass", "fail"))

    def test_ports(self):
        (old, _found, _expected), (new, found, _expected) = self.judge("rsync.answers")
        self.assertEqual((old, new), ("pass", "fail"))
        self.assertIn("8730", found)
        # 873 is asked for by one, and foreign to the other.
        old, new = self.judge("dedicated.services")
        self.assertEqual((old[0], new[0]), ("pass", "fail"))
        self.assertIn("873/tcp", new[1])
        # Nobody looked at 8730 from outside.
        self.assertEqual(self.results("firewall.restricted_ports"), ("pass", "no_evidence"))
        self.assertEqual(self.results("firewall.public_ports"), ("pass", "pass"))

    def test_documents(self):
        documents = {"registration": {"date": "2026-05-01"}, "security_plan": {"date": "2027-05-15"}}
        judged = {}
        for slug in ("documents.registration", "documents.security_plan"):
            context = dict(fixtures.context(), call=fixtures.later_call(), documents=documents)
            context["now"] = "2027-06-01T00:00:00Z"
            judged[slug] = evaluate(slug, self.evidence, self.probes, context)[0]
        self.assertEqual(judged, {"documents.registration": "pass", "documents.security_plan": "fail"})
        context = dict(fixtures.context(), call=fixtures.call(), documents=documents)
        self.assertRaises(KeyError, evaluate, "documents.registration", None, [], context)

    def test_contacts(self):
        contact = {"name": "Lucía", "phone": "618 555 0111", "email": "l@x.example"}
        stages = dict((stage, contact) for stage in ("tests", "drills", "election"))
        # Stages and fields of one call are not those of the other.
        self.assertEqual(self.results("contacts.stages", contacts=stages), ("fail", "pass"))
        self.assertEqual(inputs.call_stages(fixtures.later_call()), ["tests", "drills", "election"])

    def test_hours(self):
        windows = {"publication": {"opens": "2027-06-07T02:00:00Z", "closes": "2027-06-08T02:00:00Z"}}
        self.evidence["items"]["publication"]["value"]["state"].update(state="cut")
        # 20:00 at UTC-5 is past; 20:00 at UTC-6 is not.
        self.assertEqual(self.results("publication.window", now="2027-06-07T01:30:00Z"), ("pass", "pass"))
        self.assertEqual(
            self.results("publication.window", now="2027-06-07T01:30:00Z", windows=windows), ("fail", "fail"))

    def test_a_requirement_that_no_code_knows(self):
        context = dict(fixtures.context(), call=fixtures.later_call())
        self.assertEqual(evaluate("redundancy.building", self.evidence, self.probes, context)[0], "no_evidence")

    def test_log_window(self):
        _old, new = self.judge("logs.retained")
        self.assertNotEqual(_old[2], new[2])


if __name__ == "__main__":
    unittest.main()
