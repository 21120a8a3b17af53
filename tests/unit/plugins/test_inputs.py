# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import absolute_import, division, print_function

import copy
import unittest

from ansible_collections.iepc.prep.plugins.module_utils import addresses, input_formats, inputs

__metaclass__ = type

CALL = {
    "stages": [{"slug": "installation"}, {"slug": "drills"}],
    "documents": [{"slug": "logo"}, {"slug": "own_presentation", "asked_if": "own_presentation"}],
    "controls": [{"slug": "firewall.public_ports"}, {"slug": "redundancy.power", "attestable": True}],
}
CONTACT = {
    "name": u"Ana P\xe9rez",
    "post": "Jefa de sistemas",
    "phone": "+52 618 555 0100 ext. 12",
    "email": "ana@example.org",
    "hours": "lunes a viernes, 09:00-18:00",
}
SECRET = "k3J9vQx2LmZ8rT5wYb7N"
GOOD = {
    "prep_call": "dgo_2022",
    "prep_domain": "prep.example.org",
    "prep_allowed_sources": ["198.51.100.0/28", "2001:db8::/64"],
    "prep_control_nodes": ["198.51.100.5"],
    "prep_outlet": {"name": "El Ejemplo", "portal_urls": ["https://www.example.org"]},
    "prep_contacts": {"installation": dict(CONTACT), "drills": dict(CONTACT)},
    "prep_rsync_secret": SECRET,
}
SPECS = {
    "apache_mpm": {"type": "str", "choices": ["event", "prefork"]},
    "apache_workers": {"type": "int"},
    "dedicated_host_allowed": {
        "type": "list",
        "elements": "dict",
        "options": {
            "kind": {"type": "str", "required": True, "choices": ["unit", "port"]},
            "name": {"type": "str", "required": True},
            "reason": {"type": "str", "required": True},
        },
    },
}


def validate(change=None, provenance=None, declared=None, call=CALL):
    """The lines for the good inventory with something changed in it."""
    variables = copy.deepcopy(GOOD)
    if change:
        change(variables)
    found = inputs.validate(call, {"uno": variables}, provenance or {}, SPECS, declared)
    return [inputs.format_error(mistake) for mistake in found]


def setting(path, value):
    """A change that sets what *path* (``a.b.0``) leads to; None removes it."""

    def change(variables):
        inner, steps = variables, path.split(".")
        for step in steps[:-1]:
            inner = inner[int(step) if step.isdigit() else step]
        if value is None:
            del inner[steps[-1]]
        else:
            inner[int(steps[-1]) if steps[-1].isdigit() else steps[-1]] = value

    return change


class Inventory(unittest.TestCase):
    def assertOne(self, lines, *parts):
        self.assertEqual(len(lines), 1, lines)
        for part in parts:
            self.assertIn(part, lines[0])

    def test_a_good_one_has_no_mistakes(self):
        self.assertEqual(validate(), [])

    def test_a_line_names_file_key_and_what_was_expected(self):
        lines = validate(
            setting("prep_contacts.drills.phone", None), {("uno", "prep_contacts"): "host_vars/uno.yml"}
        )
        self.assertOne(
            lines, "host_vars/uno.yml: prep_contacts.drills.phone: expected a telephone number", "got nothing"
        )

    def test_missing_contact(self):
        self.assertOne(
            validate(setting("prep_contacts.drills", None)),
            "host_vars/uno.yml: prep_contacts.drills:",
            "name, post, phone, email, hours",
        )

    def test_bad_contact_formats(self):
        for field, value in (
            ("phone", "555"),
            ("phone", 6185550100),
            ("email", "ana at example"),
            ("hours", "siempre"),
            ("name", "  "),
        ):
            self.assertOne(
                validate(setting("prep_contacts.drills." + field, value)), "prep_contacts.drills." + field
            )

    def test_misspelt_stage_and_field(self):
        lines = validate(setting("prep_contacts.dril", CONTACT))
        self.assertOne(lines, "prep_contacts.dril:", "did you mean drills?")
        lines = validate(setting("prep_contacts.drills.fone", "6185550100"))
        self.assertOne(lines, "prep_contacts.drills.fone:", "did you mean phone?")

    def test_bad_addresses(self):
        for value, part in (
            ("198.51.100.300", "IP address"),
            ("198.51.100.5/24", "did you mean 198.51.100.0/24?"),
            ("0.0.0.0/0", "never everyone"),
            ("::/0", "never everyone"),
        ):
            self.assertOne(
                validate(setting("prep_allowed_sources.1", value)), "prep_allowed_sources[1]:", part
            )

    def test_control_node_outside_the_allow_list(self):
        self.assertOne(
            validate(setting("prep_control_nodes.0", "203.0.113.9")),
            "prep_control_nodes[0]:",
            "prep_allowed_sources contains",
        )

    def test_closed_allow_list_is_well_formed(self):
        def change(variables):
            variables["prep_allowed_sources"] = []
            variables["prep_control_nodes"] = []

        self.assertEqual(validate(change), [])

    def test_required_keys(self):
        for key in inputs.REQUIRED_KEYS:
            lines = validate(setting(key, None))
            self.assertTrue(
                any(": %s: expected a value (required), got nothing" % key in line for line in lines), key
            )

    def test_domain(self):
        for value in ("https://prep.example.org/", "198.51.100.9", "prep", 5):
            self.assertOne(
                validate(setting("prep_domain", value)), "prep_domain: expected the public host name"
            )

    def test_secret_is_never_shown(self):
        for value in (
            "short1",
            "k3J9vQx2 LmZ8rT5wYb7N",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "cambie-este-secreto-por-uno",
        ):
            lines = validate(setting("prep_rsync_secret", value))
            self.assertOne(lines, "prep_rsync_secret: expected")
            self.assertNotIn(value, lines[0])

    def test_same_domain_and_secret_twice(self):
        hosts = {"uno": copy.deepcopy(GOOD), "dos": copy.deepcopy(GOOD)}
        lines = [inputs.format_error(one) for one in inputs.validate(CALL, hosts, {}, SPECS)]
        self.assertEqual(len(lines), 2, lines)
        self.assertFalse(any(SECRET in line for line in lines))
        self.assertTrue(any("prep_domain" in line and "prep.example.org" in line for line in lines))

    def test_a_mistake_of_the_group_is_said_once(self):
        hosts = {}
        for name in ("uno", "dos"):
            hosts[name] = dict(
                copy.deepcopy(GOOD), prep_domain=name + ".example.org", prep_rsync_secret=SECRET + name
            )
            hosts[name]["prep_allowed_sources"] = ["198.51.100.0/28", "x"]
        where = {(name, "prep_allowed_sources"): "group_vars/diffusers.yml" for name in hosts}
        self.assertEqual(len(inputs.validate(CALL, hosts, where, SPECS)), 1)

    def test_unknown_keys(self):
        declared = [
            ("host_vars/uno.yml", "prep_contact"),
            ("group_vars/all.yml", "local_rack"),
            ("diffusers.ini", "ansible_host"),
            ("host_vars/uno.yml", "apache_mmp"),
        ]
        lines = validate(declared=declared)
        self.assertEqual(len(lines), 2, lines)
        self.assertTrue(
            any("prep_contact:" in line and "did you mean prep_contacts?" in line for line in lines)
        )
        self.assertTrue(any("apache_mmp:" in line and "did you mean apache_mpm?" in line for line in lines))

    def test_role_options(self):
        where = {("uno", "apache_mpm"): "host_vars/uno.yml", ("uno", "apache_workers"): "host_vars/uno.yml"}
        self.assertOne(validate(setting("apache_mpm", "worker"), where), "one of event, prefork")
        self.assertOne(validate(setting("apache_workers", "many"), where), "a whole number")
        self.assertEqual(validate(setting("apache_workers", "8"), where), [])

    def test_entries_of_role_options(self):
        good = {"kind": "unit", "name": "zabbix-agent", "reason": "el proveedor"}
        where = {("uno", "dedicated_host_allowed"): "host_vars/uno.yml"}

        def judged(*entries):
            return validate(setting("dedicated_host_allowed", list(entries)), where)

        self.assertEqual(judged(good), [])
        self.assertOne(judged(good, dict(good, kind="servise")), "allowed[1].kind: expected one of unit, port")
        self.assertOne(judged({"kind": "unit", "name": "x"}), "allowed[0].reason: expected a value (required)")
        self.assertOne(judged(dict(good, reazon="y")), "did you mean reason?")
        self.assertOne(judged("zabbix-agent"), "dedicated_host_allowed[0]: expected a mapping with kind, name, reason")

    def test_waivers_and_attestations(self):
        waiver = {
            "control": "firewall.public_ports",
            "version": 1,
            "hosts": ["uno"],
            "reason": "x",
            "approver": "y",
            "document": "z",
            "expires": "2027-06-07T20:00:00-06:00",
        }
        self.assertEqual(validate(setting("prep_waivers", [waiver])), [])
        for field, value, part in (
            ("expires", "2027-06-07T20:00:00", "UTC offset"),
            ("expires", "2027-06-07", "UTC"),
            ("expires", "2027-02-30T20:00:00Z", "UTC offset"),
            ("control", "firewall.public_port", "did you mean firewall.public_ports?"),
            ("version", "1", "whole number"),
            ("version", 0, "whole number"),
            ("version", None, "required"),
            ("hosts", None, "required"),
            ("hosts", "uno", "a list of diffusers"),
            ("hosts", ["unno"], "did you mean uno?"),
            ("note", "x", "unknown field"),
        ):
            self.assertOne(
                validate(setting("prep_waivers", [dict(waiver, **{field: value})])),
                "prep_waivers[0]." + field,
                part,
            )
        self.assertOne(
            validate(setting("prep_waivers", [waiver, waiver])), "prep_waivers[1].control", "second one"
        )
        attestation = {
            "control": "redundancy.power",
            "text": "UPS",
            "name": "a",
            "post": "b",
            "date": "2027-05-32",
        }
        self.assertOne(validate(setting("prep_attestations", [attestation])), "prep_attestations[0].date")
        attestation.update(date="2027-05-31", expires="2027-06-30")
        self.assertOne(validate(setting("prep_attestations", [attestation])), "prep_attestations[0].expires", "offset")
        attestation["expires"] = "2027-06-30T00:00:00-06:00"
        self.assertEqual(validate(setting("prep_attestations", [attestation])), [])
        self.assertOne(
            validate(setting("prep_attestations", [attestation, attestation])), "prep_attestations[1].control", "second"
        )

    def test_a_waiver_is_read_by_the_hosts_that_it_names(self):
        waiver = {"control": "firewall.public_ports", "version": 1, "hosts": ["dos"], "reason": "x", "approver": "y",
                  "document": "z", "expires": "2027-06-07T20:00:00-06:00"}  # fmt: skip
        one, two = copy.deepcopy(GOOD), copy.deepcopy(GOOD)
        two.update(prep_domain="b.example.org", prep_rsync_secret=SECRET[::-1])
        one["prep_waivers"] = [waiver]
        found = [inputs.format_error(mistake) for mistake in inputs.validate(CALL, {"uno": one, "dos": two}, {}, SPECS)]
        self.assertOne(found, "host_vars/uno.yml: prep_waivers[0].hosts[0]", "a file that dos reads")
        two["prep_waivers"] = [dict(waiver)]
        self.assertEqual(inputs.validate(CALL, {"uno": one, "dos": two}, {}, SPECS), [])

    def test_disputes(self):
        dispute = {"control": "firewall.public_ports", "text": "x", "name": "a", "post": "b", "date": "2027-05-30"}
        self.assertEqual(validate(setting("prep_disputes", [dispute])), [])
        for field, value in (("control", "x"), ("date", "ayer"), ("text", ""), ("sign", "x"), ("name", None)):
            lines = validate(setting("prep_disputes", [dict(dispute, **{field: value})]))
            self.assertOne(lines, "prep_disputes[0]." + field)
        self.assertOne(validate(setting("prep_disputes", [dispute] * 2)), "prep_disputes[1].control", "second")

    def test_files_and_their_hashes(self):
        good = {"date": "2027-05-20", "file": "logo.pdf", "sha256": "aB" * 32}
        self.assertEqual(validate(setting("prep_documents", {"logo": good})), [])
        for changes, key in (
            ({"sha256": "ab"}, "sha256"),
            ({"sha256": "ab" * 32 + "\n"}, "sha256"),
            ({"file": ""}, "file"),
        ):
            lines = validate(setting("prep_documents", {"logo": dict(good, **changes)}))
            self.assertOne(lines, "prep_documents.logo." + key)

    def test_what_an_outlet_may_declare_is_what_the_call_asks(self):
        self.assertEqual(validate(setting("prep_outlet.own_presentation", True)), [])
        lines = validate(setting("prep_outlet.own_presentation", "x"))
        self.assertOne(lines, "prep_outlet.own_presentation", "true or false")
        self.assertOne(validate(setting("prep_outlet.own_presentaton", True)), "unknown field")

    def test_a_line_break_at_the_end_is_no_part_of_anything(self):
        for judge, good in (
            (input_formats.is_email, "a@example.org"),
            (input_formats.is_phone, "+52 618 555 0100"),
            (input_formats.is_date, "2027-05-20"),
            (input_formats.is_time_with_offset, "2027-05-20T10:00:00Z"),
            (input_formats.is_url, "https://example.org"),
            (input_formats.is_url, "https://example.org/a"),
            (input_formats.is_user_name, "iepc"),
            (input_formats.is_sha256, "ab" * 32),
            (addresses.is_host_name, "prep.example.org"),
            (lambda text: addresses.contains(text, "192.0.2.1"), "192.0.2.0/24"),
        ):
            self.assertTrue(judge(good), good)
            self.assertFalse(judge(good + "\n"), good)

    def test_only_what_no_command_can_see_is_attested(self):
        attestation = dict.fromkeys(inputs.STATEMENT_FIELDS, "x")
        attestation.update({"control": "firewall.public_ports", "date": "2027-05-02"})
        lines = validate(setting("prep_attestations", [attestation]))
        self.assertOne(lines, "prep_attestations[0].control", "can be attested (redundancy.power)")

    def test_documents(self):
        self.assertEqual(validate(setting("prep_documents", {"logo": {"date": "2027-05-20"}})), [])
        self.assertOne(
            validate(setting("prep_documents", {"logos": {"date": "2027-05-20"}})), "did you mean logo?"
        )
        self.assertOne(
            validate(setting("prep_documents", {"logo": {"date": "20/05/2027"}})), "prep_documents.logo.date"
        )

    def test_wrong_types_are_said_and_nothing_crashes(self):
        for value in ("text", 5, True, ["x"], {"x": 1}, [[]], [{}], [None]):
            for key in sorted(inputs.KNOWN_KEYS):
                validate(setting(key, value))

    def test_unknown_call(self):
        line = inputs.format_error(inputs.check_call("dgo_2202", ["dgo_2022", "slp_2021"]))
        self.assertIn("prep_call: expected the name of a call (dgo_2022, slp_2021)", line)
        self.assertIn("did you mean dgo_2022?", line)
        self.assertEqual(validate(call=None), [])

    def test_no_diffusers(self):
        lines = [inputs.format_error(one) for one in inputs.validate(CALL, {}, {}, SPECS)]
        self.assertOne(lines, "diffusers.ini: [diffusers]")


class Formats(unittest.TestCase):
    def test_phones(self):
        for text in (
            "6185550100",
            "(618) 555-0100",
            "+52 618 555 01 00, ext. 3",
            u"618 555 0100 extensi\xf3n 12",
        ):
            self.assertTrue(input_formats.is_phone(text), text)
        for text in ("618555", "618 555 0100 / 0101 / 0102", "tel. 6185550100", "", None):
            self.assertFalse(input_formats.is_phone(text), text)

    def test_hours(self):
        for text in ("24 horas", "24/7", "desde las 8:00", u"lunes\u2013viernes 09:00\u201318:00"):
            self.assertTrue(input_formats.is_hours(text), text)
        for text in ("siempre", "25:00-26:00", "", "cuando sea, 618"):
            self.assertFalse(input_formats.is_hours(text), text)

    def test_shown_is_short(self):
        self.assertLessEqual(len(input_formats.shown("x" * 500)), 70)
        self.assertEqual(input_formats.shown({"b": 1, "a": 2}), "a mapping with a, b")


if __name__ == "__main__":
    unittest.main()
