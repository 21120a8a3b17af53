# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""How long logs last, what disk that takes, and which of logrotate's rules count."""

from __future__ import absolute_import, division, print_function, unicode_literals

import unittest

from ansible_collections.iepc.prep.plugins.module_utils import log_budget, log_rotation
from ansible_collections.iepc.prep.plugins.module_utils.evidence import logs
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text

__metaclass__ = type

WINDOW = {"opens": "2022-06-05 00:00", "closes": "2022-06-12 23:59"}


def options(**changes):
    """The role's defaults, changed."""
    found = dict(log_budget.ASSUMPTIONS)
    for name in changes:
        found["log_retention_" + name] = changes[name]
    return found


def rule(config, pattern, **changes):
    """A rule of logrotate's as the evidence tells it."""
    one = {"config": config, "pattern": pattern, "rotate": 100000, "frequency": "daily", "maxage": 120, "size": None,
           "maxsize": None}
    return dict(one, **changes)


class Days(unittest.TestCase):
    def test_the_date_counts_from_the_oldest_line(self):
        self.assertEqual(log_budget.keep_days(options()), 120)
        # 2022-06-05 and 132 days more is 2022-10-15.
        self.assertEqual(log_budget.keep_days(options(window=WINDOW, until="2022-10-15")), 133)
        self.assertEqual(log_budget.keep_days(options(window=WINDOW, until="2022-07-01")), 120)

    def test_mistakes(self):
        for changes, words in (
            ({"days": 0}, "log_retention_days: expected a number of at least 1, got 0"),
            ({"days": "x"}, "log_retention_days: expected a number of at least 1, got x"),
            ({"peak_hours": -1}, "log_retention_peak_hours: expected a number of at least 0, got -1"),
            ({"window": {"opens": "2022-06-05 00:00"}}, "log_retention_window: expected opens and closes"),
            ({"window": {"opens": "2022-06-12", "closes": "2022-06-05"}}, "log_retention_window: expected opens and"),
            ({"window": WINDOW, "days": 7}, "log_retention_days: expected at least the 8 days of the window"),
            ({"until": "2022-10-15"}, "log_retention_until: expected log_retention_window beside it"),
            ({"window": WINDOW, "until": "2022-02-30"}, "log_retention_until: expected a day YYYY-MM-DD"),
            ({"window": WINDOW, "until": "2022-06-12"}, "log_retention_until: expected a day after the window's last"),
        ):
            lines = log_budget.problems(options(**changes))
            self.assertEqual(len(lines), 1, lines)
            self.assertIn(words, lines[0])
        self.assertEqual(log_budget.problems(options(window=WINDOW, days=8)), [])


class Budget(unittest.TestCase):
    def test_figures_worked_out_by_hand(self):
        # One MiB per 1,048 requests. Two fresh days: 10 hours of peak and 38 others; then 8 days compressed to half.
        found = log_budget.budget(
            options(days=10, bytes_per_request=1048576, peak_requests_per_hour=100, peak_hours=10,
                    normal_requests_per_hour=10, compression_ratio=2, journal_mb_per_day=4, keep_free_mb=1000)
        )
        fresh = 10 * 100 + 38 * 10
        self.assertEqual(found["raw_mb"], 10 * 100 + 230 * 10)
        self.assertEqual(found["web_mb"], fresh + (found["raw_mb"] - fresh) // 2)
        self.assertEqual(found["journal_mb"], 4 * (10 + 7))
        self.assertEqual(found["need_mb"], found["web_mb"] + 68 + 1000)

    def test_everything_that_grows_makes_it_larger(self):
        least = log_budget.budget(options())["need_mb"]
        for name, more in (
            ("days", 400), ("peak_requests_per_hour", 10 ** 7), ("peak_hours", 100), ("bytes_per_request", 4000),
            ("normal_requests_per_hour", 10 ** 6), ("journal_mb_per_day", 100), ("keep_free_mb", 10 ** 5),
            ("compression_ratio", 1),
        ):
            self.assertGreater(log_budget.budget(options(**{name: more}))["need_mb"], least, name)

    def test_what_logs_take_already_is_room_for_them(self):
        found = log_budget.budget(options())
        need = found["need_mb"]
        self.assertEqual(log_budget.room(found, need, 0), (True, need))
        self.assertEqual(log_budget.room(found, need - 1, 0), (False, need - 1))
        self.assertEqual(log_budget.room(found, need - 500, 500), (True, need))


class Rotation(unittest.TestCase):
    def test_by_age_by_number_and_by_size(self):
        for changes, days in (
            ({}, 120),
            ({"maxage": None}, log_rotation.FOREVER),
            ({"rotate": 14, "maxage": None}, 14),
            ({"rotate": 52, "frequency": "weekly", "maxage": None}, 364),
            ({"rotate": 14, "maxage": 7}, 7),
            # As often as logrotate runs: 120 copies may be five days.
            ({"rotate": 120, "maxsize": "1024M", "maxage": None}, 5),
            ({"maxsize": "1024M"}, 120),
            ({"size": "1M"}, 0),
            ({"rotate": 0, "maxage": None}, 0),
            ({"rotate": -1, "maxage": None}, log_rotation.FOREVER),
        ):
            self.assertEqual(log_rotation.kept_days(rule("/a", "/b", **changes)), days, changes)

    def test_the_second_file_for_a_log_is_skipped_as_a_whole(self):
        rules = [
            rule("/etc/logrotate.d/apache2", "/var/log/apache2/*.log"),
            rule("/etc/logrotate.d/zz", "/var/log/apache2/access.log", rotate=2),
            rule("/etc/logrotate.d/zz", "/var/log/other.log"),
        ]
        kept, skipped = log_rotation.effective(rules)
        self.assertEqual(kept, rules[:1])
        self.assertEqual(skipped, [{"config": "/etc/logrotate.d/zz", "pattern": "/var/log/apache2/access.log",
                                    "by": "/etc/logrotate.d/apache2"}])

    def test_our_file_takes_the_place_of_the_packages_own(self):
        policies = [{"name": "syslog", "logs": ["/var/log/messages", "/var/log/secure"]},
                    {"name": "httpd", "logs": ["/var/log/httpd/*log"]}]
        rules = [
            rule("/etc/logrotate.d/rsyslog", "/var/log/messages"),
            rule("/etc/logrotate.d/rsyslog", "/var/log/secure"),
            # Others' logs stand in it, too: not ours to replace.
            rule("/etc/logrotate.d/mixed", "/var/log/httpd/*log"),
            rule("/etc/logrotate.d/mixed", "/srv/shop.log"),
        ]
        placed = log_rotation.place(policies, rules)
        self.assertEqual([one["path"] for one in placed], ["/etc/logrotate.d/rsyslog", "/etc/logrotate.d/httpd"])
        lines = log_rotation.conflicts(placed, rules)
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("/etc/logrotate.d/mixed: expected no entry for a log of /etc/logrotate.d/httpd", lines[0])

    def test_the_main_file_conflicts_unless_it_is_written_anew(self):
        placed = log_rotation.place([{"name": "wtmp", "logs": ["/var/log/wtmp"]}], [])
        rules = [rule("/etc/logrotate.conf", "/var/log/wtmp")]
        self.assertEqual(len(log_rotation.conflicts(placed, rules)), 1)
        self.assertEqual(log_rotation.conflicts(placed, rules, ["/etc/logrotate.conf"]), [])

    def test_ages_of_tmpfiles(self):
        for age, days in (("-", None), ("", None), ("10d", 10), ("1w2d", 9), ("36h", 1), ("~5d", 5), ("am:5d", 5),
                          ("0", 0), ("soon", 0)):
            self.assertEqual(log_rotation.age_days(age), days, age)


class Evidence(unittest.TestCase):
    def test_tmpfiles(self):
        text = (
            "# d /var/log/old 0755 - - 1d\nd /var/log 0755 - - -\ne /var/log/apache2 - - - 10d\n"
            "d /tmp 1777 root root 10d\nf /var/log/wtmp 0664 root utmp -\nd /var/log/journal\n"
        )
        self.assertEqual(
            logs.parse_tmpfiles(text, "/etc/tmpfiles.d/x.conf"),
            [{"file": "/etc/tmpfiles.d/x.conf", "path": "/var/log/apache2", "age": "10d"}],
        )

    def test_our_own_file_is_read_as_it_is_meant(self):
        text = to_text(
            b"/var/log/apache2/*.log {\n daily\n rotate 100000\n maxage 133\n maxsize 1024M\n dateext\n"
            b" dateformat -%Y%m%d-%s\n compress\n sharedscripts\n postrotate\n  rotate 1\n endscript\n}\n"
        )
        entries, _includes = logs.parse(text, "/c", logs.defaults())
        self.assertEqual(log_rotation.kept_days(entries[0]), 133)


if __name__ == "__main__":
    unittest.main()
