# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The report as data: complete, deterministic, bounded."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import json
import unittest

import compliance_fixtures as fixtures
from ansible_collections.iepc.prep.plugins.module_utils import report_model, verdict


def build(*hosts):
    return report_model.build(fixtures.call(), list(hosts) or [fixtures.host()], fixtures.run())


def by_slug(diffuser):
    return dict((one["control"], one) for one in diffuser["results"])


def texts(value):
    """All texts in a structure."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return sum([texts(one) for one in value], [])
    return [value] if isinstance(value, (str, type(""))) else []


class Report(unittest.TestCase):
    def test_a_converged_host_is_apt_but_for_an_old_system(self):
        one = build()["diffusers"][0]
        # The call mandates CentOS 7, whose maintenance has ended: a remark, no failure.
        self.assertEqual(one["verdict"], verdict.APT_WITH_REMARKS)
        self.assertEqual(one["counts"]["fail"], 1)
        self.assertEqual(by_slug(one)["ddos.provider"]["treatment"], "attested")
        self.assertEqual(one["ssh_fingerprint"], "SHA256:Yq0lFZ1tB0oWmTkQ2yR7Hs4C9vX3nLpE6gJdUaKzIws")

    def test_same_inputs_same_bytes(self):
        first, second = [json.dumps(build(), sort_keys=True) for _again in (1, 2)]
        self.assertEqual(first, second)

    def test_every_host_has_every_control(self):
        lost = fixtures.host(name="d2", contact="unreachable", reason="timed out", evidence=None, probes=[])
        broken = fixtures.host(name="d3", contact="failed", reason="Apache: x", evidence=None, probes=[])
        report = build(fixtures.host(), lost, broken)
        size = len(fixtures.call()["controls"])
        self.assertEqual([len(one["results"]) for one in report["diffusers"]], [size] * 3)
        self.assertEqual(sum(report["summary"]["results"].values()), 3 * size)
        self.assertEqual(sum(report["summary"]["verdicts"].values()), 3)

    def test_unreachable(self):
        lost = fixtures.host(contact="unreachable", reason="timed out", evidence=None, probes=fixtures.probes())
        one = build(lost)["diffusers"][0]
        results = by_slug(one)
        self.assertEqual(one["verdict"], verdict.INCONCLUSIVE)
        self.assertEqual(results["sshd.root_password"]["result"], "unreachable")
        self.assertEqual(results["sshd.root_password"]["found"], "timed out")
        self.assertEqual(results["contacts.stages"]["result"], "pass")
        self.assertEqual(results["bandwidth.sufficient"]["treatment"], "attested")

    def test_a_waiver_leaves_the_result_visible(self):
        waiver = {"control": "system.supported", "version": 1, "hosts": ["difusor12"],
                  "reason": "Laboratorio", "approver": "UTC", "document": "LAB-001",
                  "expires": "2030-01-01T00:00:00-06:00"}  # fmt: skip
        host = fixtures.host(waivers=[waiver])
        host["evidence"]["items"]["os.release"]["value"].update(id="debian", version_id="12", pretty="Debian 12")
        one = build(host)["diffusers"][0]
        entry = by_slug(one)["system.supported"]
        self.assertEqual((entry["result"], entry["treatment"]), ("fail", "waived"))
        self.assertEqual(entry["basis"]["document"], "LAB-001")
        self.assertEqual(one["verdict"], verdict.APT_WITH_REMARKS)

    def test_no_host_or_no_control_is_an_error(self):
        self.assertRaises(ValueError, report_model.build, fixtures.call(), [], fixtures.run())
        call = fixtures.call()
        call["controls"] = []
        self.assertRaises(ValueError, report_model.build, call, [fixtures.host()], fixtures.run())

    def test_sizes_are_bounded(self):
        host = fixtures.host()
        host["evidence"]["items"]["httpd"]["value"].update(syntax_ok=False, syntax_output="á" * 100000)
        host["evidence"]["items"]["crons"]["value"] = [
            {"file": "/etc/cron.d/x%d" % number, "user": "root", "line": "y" * 500} for number in range(500)
        ]
        text = json.dumps(build(host), ensure_ascii=False)
        self.assertTrue(len(text) < 150000, len(text))

    def test_no_characters_that_steer_terminals_or_turn_text_round(self):
        host = fixtures.host(reason="a\x1b[31m\u202eb")
        host["evidence"]["items"]["os.release"]["value"]["pretty"] = "x\x1b]0;y\x07\u202e"
        for text in texts(build(host)):
            for bad in ("\x1b", "\x07", "\u202e"):
                self.assertNotIn(bad, text)

    def test_telephone_numbers_and_secrets_stay_out(self):
        text = json.dumps(build(), ensure_ascii=False)
        self.assertNotIn("618 555", text)
        self.assertNotIn("l@x.example", text)


if __name__ == "__main__":
    unittest.main()
