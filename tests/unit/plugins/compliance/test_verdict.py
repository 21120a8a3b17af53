# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Treatments and verdicts."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import unittest

from ansible_collections.iepc.prep.plugins.module_utils import verdict

NOW = "2026-11-24T04:00:10Z"
FACT = {"slug": "firewall.active", "version": 2, "source": ["host"]}
ATTESTABLE = {"slug": "redundancy.power", "version": 1, "source": ["host", "document"], "attestable": True}


def waiver(**changes):
    found = {"control": "firewall.active", "version": 2, "hosts": ["d1"], "reason": "r",
             "approver": "a", "document": "UTC/1",
             "expires": "2026-11-24T00:00:00-06:00"}  # fmt: skip
    found.update(changes)
    return found


def attestation(**changes):
    found = {"control": "redundancy.power", "text": "UPS", "name": "n", "post": "p", "date": "2026-11-20"}
    found.update(changes)
    return found


class Treatment(unittest.TestCase):
    def treat(self, control, result, waivers=(), attestations=(), disputes=(), now=NOW):
        host = {"name": "d1", "waivers": list(waivers), "attestations": list(attestations), "disputes": list(disputes)}
        return verdict.treat(control, result, host, now)[0]

    def test_a_waiver_until_it_expires(self):
        # 2026-11-24T00:00:00-06:00 is 06:00 UTC, two hours ahead of NOW.
        self.assertEqual(self.treat(FACT, "fail", [waiver()]), "waived")
        self.assertEqual(self.treat(FACT, "fail", [waiver(expires="2026-11-24T04:00:00Z")]), "expired")
        self.assertEqual(self.treat(FACT, "fail", [waiver(control="x")]), "none")
        self.assertEqual(self.treat(FACT, "error", [waiver()]), "waived")

    def test_a_waiver_without_reason_approver_or_end_is_none(self):
        for field in ("reason", "approver", "document", "expires"):
            self.assertEqual(self.treat(FACT, "fail", [waiver(**{field: ""})]), "none")
        # Without an offset, or without an hour, its end is anybody's guess: it doesn't count.
        for text in ("mañana", "2030-01-01", "2030-01-01T00:00:00", "2030-02-30T00:00:00Z"):
            self.assertEqual(self.treat(FACT, "fail", [waiver(expires=text)]), "none")

    def test_a_waiver_stops_counting_the_second_it_expires(self):
        for now, expected in (("2026-11-24T05:59:59Z", "waived"), ("2026-11-24T06:00:00Z", "expired")):
            self.assertEqual(self.treat(FACT, "fail", [waiver()], now=now), expected)

    def test_a_waiver_is_for_one_version_and_for_the_hosts_that_it_names(self):
        for changes in ({"version": 1}, {"version": 3}, {"version": "2"}, {"version": None}, {"hosts": ["d2"]},
                        {"hosts": []}, {"hosts": "d1"}, {"hosts": None}):  # fmt: skip
            self.assertEqual(self.treat(FACT, "fail", [waiver(**changes)]), "none", changes)
        self.assertEqual(self.treat(FACT, "fail", [waiver(hosts=["d2"]), waiver(hosts=["d3", "d1"])]), "waived")

    def test_a_paper_that_is_another_one_supports_nothing(self):
        paper = {"file": "x.pdf", "sha256": "ab" * 32, "seen": {"sha256": "AB" * 32}}
        self.assertEqual(self.treat(FACT, "fail", [waiver(**paper)]), "waived")
        self.assertEqual(self.treat(ATTESTABLE, "no_evidence", [], [attestation(**paper)]), "attested")
        for seen in ({"sha256": "cd" * 32}, {"reason": "No such file or directory"}, None):
            paper["seen"] = seen
            self.assertEqual(self.treat(FACT, "fail", [waiver(**paper)]), "none")
            self.assertEqual(self.treat(ATTESTABLE, "no_evidence", [], [attestation(**paper)]), "none")

    def test_a_dispute_is_heard_and_changes_nothing(self):
        dispute = attestation(control="firewall.active", text="No es así")
        self.assertEqual(self.treat(FACT, "fail", [], [], [dispute]), "disputed")
        self.assertEqual(self.treat(FACT, "pass", [], [], [dispute]), "none")
        self.assertEqual(self.treat(FACT, "fail", [waiver()], [], [dispute]), "waived")
        self.assertEqual(self.treat(FACT, "fail", [waiver(expires="2020-01-01T00:00:00Z")], [], [dispute]), "disputed")
        self.assertEqual(self.treat(FACT, "fail", [], [], [dict(dispute, name=" ")]), "none")
        self.assertTrue(verdict.stands_in_the_way(entry("fail", treatment="disputed")))

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

    def test_an_attestation_until_it_ends_if_it_does(self):
        for expires, expected in (
            ("2026-11-24T04:00:11Z", "attested"),
            ("2026-11-24T04:00:10Z", "expired"),
            ("2030-01-01", "expired"),
        ):
            one = attestation(expires=expires)
            self.assertEqual(self.treat(ATTESTABLE, "no_evidence", [], [one]), expected)

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
