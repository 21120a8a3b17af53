# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What the report tells beside the results, before it surprises anybody."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import unittest

import compliance_fixtures as fixtures
from ansible_collections.iepc.prep.plugins.module_utils import notices, report_model

# fixtures.NOW is 2026-11-24T04:00:10Z.
FAR, SOON, GONE = "2030-01-01T00:00:00-06:00", "2026-11-30T22:00:10-06:00", "2026-11-24T04:00:10Z"


def waiver(control, **changes):
    found = {"control": control, "version": 1, "hosts": ["difusor12", "d2"], "reason": "r", "approver": "UTC",
             "document": "UTC/9", "expires": FAR}  # fmt: skip
    found.update(changes)
    return found


def statement(control, **changes):
    found = {"control": control, "text": "Contrato 12", "name": "Lucía", "post": "Jefa", "date": "2022-05-24"}
    found.update(changes)
    return found


def told(*hosts):
    """The report's notices."""
    return report_model.build(fixtures.call(), list(hosts), fixtures.run())["notices"]


def kinds(**changes):
    """[(kind, control)] of one host."""
    return [(one["kind"], one["control"]) for one in told(fixtures.host(**changes))]


class Notices(unittest.TestCase):
    def test_a_host_without_any(self):
        self.assertEqual(kinds(), [])

    def test_waivers(self):
        # system.maintained fails on the converged host, a CentOS 7; firewall.active passes.
        for one, expected in (
            (waiver("system.maintained"), None),
            (waiver("system.maintained", hosts=["d2"], expires=GONE), None),
            (waiver("system.maintained", expires=SOON), "waiver_expiring"),
            (waiver("system.maintained", expires="2026-12-01T04:00:11Z"), None),
            (waiver("system.maintained", expires=GONE), "waiver_expired"),
            (waiver("system.maintained", version=2), "waiver_other_version"),
            (waiver("system.maintained", reason=""), "record_incomplete"),
            (waiver("system.maintained", expires="2030-01-01"), "record_incomplete"),
            (waiver("firewall.active"), "waiver_unused"),
            (waiver("firewall.active", expires=SOON), "waiver_unused"),
            (waiver("firewall.active", expires=GONE), "waiver_expired"),
            (waiver("documents.own_presentation"), "waiver_unused"),
            (waiver("ddos.provider"), "waiver_unused"),
            (waiver("system.maintained", file="x", seen={"reason": "No such file"}), "record_file"),
        ):
            wanted = [(expected, one["control"])] if expected else []
            self.assertEqual(kinds(waivers=[one]), wanted, one)

    def test_statements(self):
        for one, expected in (
            (statement("ddos.provider"), None),
            (statement("ddos.provider", expires=FAR), None),
            (statement("ddos.provider", expires=SOON), "attestation_expiring"),
            (statement("ddos.provider", expires=GONE), "attestation_expired"),
            (statement("ddos.provider", date="2026-12-01"), "attestation_early"),
            (statement("ddos.provider", post=""), "record_incomplete"),
            (statement("redundancy.power"), "attestation_unused"),
            (statement("ddos.provider", file="x", sha256="ab" * 32, seen={"sha256": "cd" * 32}), "record_file"),
        ):
            others = [] if one["control"] == "ddos.provider" else [statement("ddos.provider")]
            wanted = [(expected, one["control"])] if expected else []
            self.assertEqual(kinds(attestations=[one] + others), wanted, one)

    def test_disputes_are_told_and_kept_beside_the_result(self):
        dispute = statement("system.maintained", text="Tenemos soporte extendido")
        report = report_model.build(fixtures.call(), [fixtures.host(disputes=[dispute])], fixtures.run())
        (one,) = report["notices"]
        self.assertEqual((one["kind"], one["level"]), ("dispute", "info"))
        self.assertIn("Tenemos soporte extendido", one["text"]["es"])
        (entry,) = [one for one in report["diffusers"][0]["results"] if one["control"] == "system.maintained"]
        self.assertEqual((entry["result"], entry["treatment"]), ("fail", "disputed"))
        self.assertEqual(entry["dispute"]["name"], "Lucía")

    def test_the_same_for_several_hosts_is_told_once(self):
        one = waiver("system.maintained", expires=SOON)
        found = told(fixtures.host(waivers=[one]), fixtures.host(name="d2", waivers=[one]))
        self.assertEqual([(each["kind"], each["hosts"]) for each in found], [("waiver_expiring", ["difusor12", "d2"])])
        self.assertEqual(found[0]["at"], SOON)
        self.assertEqual(found[0]["record"]["hosts"], "difusor12, d2")

    def test_vantage_points(self):
        blind = [{"name": "lector", "reason": "timed out"}]
        probes = fixtures.probes()
        self.assertEqual(kinds(blind=blind), [("vantage_unreachable", None)])
        probes[1]["allowed"] = None
        self.assertEqual(kinds(probes=probes), [("vantage_unknown", None)])
        six = dict(probes[1], vantage="lector (IPv6)", family=6, skipped="Network is unreachable", items={})
        self.assertEqual(kinds(probes=fixtures.probes() + [six]), [("vantage_missing_family", None)])

    def test_warnings_come_first_and_every_text_is_whole(self):
        host = fixtures.host(
            waivers=[waiver("firewall.active"), waiver("system.maintained", expires=GONE)],
            disputes=[statement("system.maintained")],
            blind=[{"name": "lector", "reason": "timed out"}],
        )
        found = told(host)
        self.assertEqual(
            [one["kind"] for one in found], ["waiver_expired", "vantage_unreachable", "dispute", "waiver_unused"])
        for one in found:
            for text in one["text"].values():
                self.assertFalse("%" in text or "None" in text or "?" in text, text)

    def test_hostile_records_are_one_line_each(self):
        nasty = waiver("firewall.active", document="a\x1b[31m\n\u202e%(x)s <script>", expires=["x"])
        bare = {"control": "firewall.active", "hosts": ["difusor12"]}
        for one in told(fixtures.host(waivers=[nasty, None, 7, bare])):
            for text in one["text"].values():
                self.assertEqual([bad for bad in ("\x1b", "\n", "\u202e") if bad in text], [])

    def test_every_kind_is_in_the_list(self):
        self.assertEqual(len(set(row[0] for row in notices.KINDS)), len(notices.KINDS))


if __name__ == "__main__":
    unittest.main()
