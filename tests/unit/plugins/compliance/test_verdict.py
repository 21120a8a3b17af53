# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Treatments and verdicts."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import unittest

from ansible_collections.iepc.prep.plugins.module_utils import verdict

NOW = "2026-11-24T04:00:10Z"
FACT = {"slug": "firewall.active", "source": ["host"]}
ATTESTABLE = {"slug": "redundancy.power", "source": ["host", "document"], "attestable": True}


def waiver(**changes):
    found = {"control": "firewall.active", "reason": "r", "approver": "a", "document": "UTC/1",
             "expires": "2026-11-24T00:00:00-06:00"}  # fmt: skip
    found.update(changes)
    return found


def attestation(**changes):
    found = {"control": "redundancy.power", "text": "UPS", "name": "n", "post": "p", "date": "2026-11-20"}
    found.update(changes)
    return found


class Treatment(unittest.TestCase):
    def treat(self, control, result, waivers=(), attestations=()):
        return verdict.treat(control, result, list(waivers), list(attestations), NOW)[0]

    def test_a_waiver_until_it_expires(self):
        # 2026-11-24T00:00:00-06:00 is 06:00 UTC, two hours ahead of NOW.
        self.assertEqual(self.treat(FACT, "fail", [waiver()]), "waived")
        self.assertEqual(self.treat(FACT, "fail", [waiver(expires="2026-11-24T04:00:00Z")]), "expired")
        self.assertEqual(self.treat(FACT, "fail", [waiver(control="x")]), "none")
        self.assertEqual(self.treat(FACT, "error", [waiver()]), "waived")

    def test_a_waiver_without_reason_approver_or_end_is_none(self):
        for field in ("reason", "approver", "document", "expires"):
            self.assertEqual(self.treat(FACT, "fail", [waiver(**{field: ""})]), "none")
        self.assertEqual(self.treat(FACT, "fail", [waiver(expires="mañana")]), "expired")

    def test_what_passes_needs_no_treatment(self):
        self.assertEqual(self.treat(FACT, "pass", [waiver()]), "none")

    def test_an_attestation_only_where_no_command_can_look(self):
        self.assertEqual(self.treat(ATTESTABLE, "no_evidence", [], [attestation()]), "attested")
        self.assertEqual(self.treat(FACT, "no_evidence", [], [attestation(control="firewall.active")]), "none")

    def test_an_attestation_never_turns_a_failure(self):
        self.assertEqual(self.treat(ATTESTABLE, "fail", [], [attestation()]), "none")
        self.assertEqual(self.treat(ATTESTABLE, "error", [], [attestation()]), "none")

    def test_an_attestation_needs_an_author_and_a_day_that_has_come(self):
        for field in ("text", "name", "post", "date"):
            self.assertEqual(self.treat(ATTESTABLE, "no_evidence", [], [attestation(**{field: " "})]), "none")
        self.assertEqual(self.treat(ATTESTABLE, "no_evidence", [], [attestation(date="2026-11-25")]), "none")

    def test_times(self):
        self.assertEqual(verdict.epoch("2022-06-05T20:00:00-05:00"), 1654477200)
        self.assertEqual(verdict.epoch("2022-06-06T01:00:00Z"), 1654477200)
        self.assertEqual(verdict.epoch("2022-06-06"), 1654473600)
        for text in ("", None, "2022-13-01", "2022-02-30", "ayer", "2022-06-05T20:00:00-05:00 or so"):
            self.assertIsNone(verdict.epoch(text))


def entry(result, severity="required", treatment="none"):
    return {"result": result, "severity": severity, "treatment": treatment}


class Verdict(unittest.TestCase):
    def test_table(self):
        good = entry("pass")
        for extra, expected in (
            ([], verdict.APT),
            ([entry("not_applicable")], verdict.APT),
            ([entry("no_evidence", treatment="attested")], verdict.APT),
            ([entry("fail", "recommended")], verdict.APT_WITH_REMARKS),
            ([entry("no_evidence", "recommended")], verdict.APT_WITH_REMARKS),
            ([entry("fail", treatment="waived")], verdict.APT_WITH_REMARKS),
            ([entry("no_evidence")], verdict.INCONCLUSIVE),
            ([entry("error")], verdict.INCONCLUSIVE),
            ([entry("fail")], verdict.NOT_APT),
            ([entry("fail", treatment="expired")], verdict.NOT_APT),
            ([entry("fail"), entry("error")], verdict.NOT_APT),
        ):
            self.assertEqual(verdict.of_host("reached", [good] + extra), expected, extra)

    def test_unreachable_is_inconclusive_whatever_else(self):
        self.assertEqual(verdict.of_host("unreachable", [entry("fail")]), verdict.INCONCLUSIVE)

    def test_nothing_evaluated_is_an_error(self):
        self.assertRaises(ValueError, verdict.of_host, "reached", [])


if __name__ == "__main__":
    unittest.main()
