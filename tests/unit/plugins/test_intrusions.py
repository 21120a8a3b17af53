# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Bans and refusals out of logs as fail2ban and ModSecurity write them."""

from __future__ import absolute_import, division, print_function

import os
import shutil
import tempfile
import time
import unittest

from ansible_collections.iepc.prep.plugins.module_utils import intrusions

__metaclass__ = type

BAN = "2026-11-28 19:56:53,221 fail2ban.actions        [2893]: NOTICE  [apache-modsecurity] Ban 172.30.97.60"
REFUSAL = (
    '[Sat Nov 28 19:56:53.284117 2026] [security2:error] [pid 9] [client 172.30.97.60:38880] [client 172.30.97.60]'
    ' ModSecurity: Access denied with code 403 (phase 1). Pattern match "x" at REQUEST_HEADERS:Range.'
    ' [file "/etc/modsecurity/modsecurity.conf"] [line "82"] [id "9900216"] [msg "Many pieces of one file"]'
)
# As httpd 2.4.6 writes it, for IPv6, and with a message that somebody sent along.
OLD = (
    '[Sat Nov 28 19:56:53 2026] [:error] [pid 9] [client 2001:db8::9] ModSecurity: Access denied with code 403'
    ' (phase 2). [id "981176"] [msg "Score \\"9\\" \x1b[31m"] [data "[id "]'
)


def local(text):
    return int(time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S")))


class Lines(unittest.TestCase):
    def test_a_ban_says_when_who_and_which_jail(self):
        at = local("2026-11-28 19:56:53")
        self.assertEqual(intrusions.banned(BAN), (at, "172.30.97.60", "apache-modsecurity", ""))
        self.assertEqual(intrusions.banned(BAN.replace("Ban 1", "Restore Ban 1"))[1], "172.30.97.60")

    def test_what_is_no_ban_is_none(self):
        other = [BAN.replace("Ban 1", word + " 1") for word in ("Unban", "Found")]
        for line in other + ["", BAN.replace("11-28", "13-28"), "x" * 100000]:
            self.assertIsNone(intrusions.banned(line))

    def test_a_refusal_says_when_who_and_which_rule(self):
        at = local("2026-11-28 19:56:53")
        self.assertEqual(intrusions.refused(REFUSAL), (at, "172.30.97.60", "9900216", "Many pieces of one file"))
        found = intrusions.refused(OLD)
        self.assertEqual(found[:3], (at, "2001:db8::9", "981176"))

    def test_what_is_no_refusal_is_none(self):
        for line in ("", REFUSAL.replace("denied", "warned"), REFUSAL.replace("Nov", "Nom"), "[" * 100000):
            self.assertIsNone(intrusions.refused(line))


class Entries(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)

    def write(self, name, lines):
        path = os.path.join(self.directory, name)
        with open(path, "w") as log:
            log.write("\n".join(lines) + "\n")
        return path

    def test_they_are_counted_by_minute_and_bans_come_first(self):
        later = REFUSAL.replace("19:56:53.284117", "19:57:02.000001")
        logs = {"ban": [self.write("f", [BAN])], "block": [self.write("e", [REFUSAL, REFUSAL, later])]}
        found, left_out = intrusions.entries(logs, 0)
        minute = local("2026-11-28 19:56:00")
        self.assertEqual([(one["kind"], one["minute"], one["count"]) for one in found],
                         [("ban", minute, 1), ("block", minute, 2), ("block", minute + 60, 1)])
        self.assertEqual(left_out, 0)

    def test_what_came_before_is_left_and_a_rotated_log_is_read(self):
        self.write("e.1", [REFUSAL])
        logs = {"ban": [], "block": [self.write("e", [REFUSAL.replace("19:56:53", "20:01:00")])]}
        self.assertEqual(len(intrusions.entries(logs, 0)[0]), 2)
        self.assertEqual(len(intrusions.entries(logs, local("2026-11-28 20:00:00"))[0]), 1)

    def test_a_flood_is_read_from_its_end_and_bounded(self):
        sources = ["10.%d.%d.1" % (number // 250, number % 250) for number in range(1000)]
        lines = [REFUSAL.replace("172.30.97.60", source) for source in sources]
        found, left_out = intrusions.entries({"block": [self.write("e", lines)]}, 0)
        self.assertEqual((len(found), left_out), (intrusions.MOST_ENTRIES, 1000 - intrusions.MOST_ENTRIES))
        self.assertEqual(len(intrusions.ends(os.path.join(self.directory, "e"), 2 * len(lines[-1]) + 20)), 2)

    def test_a_log_that_is_not_there_says_nothing(self):
        self.assertEqual(intrusions.entries({"ban": ["/nowhere"], "block": ["/nowhere"]}, 0), ([], 0))


if __name__ == "__main__":
    unittest.main()
