# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A package is judged by its own version; what nobody knows is never taken for fixed."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import unittest

from ansible_collections.iepc.prep.plugins.module_utils.controls.rsync_fixes import judge
from ansible_collections.iepc.prep.plugins.module_utils.package_versions import at_least, order

OLD, NEW = "CVE-2024-12084 y CVE-2024-12085", "CVE-2026-70456, CVE-2026-70459 y CVE-2026-70464"


class Fixes(unittest.TestCase):
    def test_each_system_by_its_own_package(self):
        for package, system, major, expected in (
            ("3.1.2-12.el7_9", "centos", "7", ([OLD, NEW], [])),
            ("3.1.3-19.el8", "rocky", "8", ([OLD], [NEW])),
            ("3.1.3-20.el8_10", "almalinux", "8", ([], [NEW])),
            ("3.2.3-20.el9", "rhel", "9", ([OLD], [NEW])),
            ("3.2.3-20.el9_5.1", "rocky", "9", ([], [NEW])),
            ("3.4.1-2.el10", "rocky", "10", ([], [NEW])),
            ("3.2.3-4+deb11u1", "debian", "11", ([OLD], [NEW])),
            ("3.2.3-4+deb11u4", "debian", "11", ([], [NEW])),
            ("3.2.7-1", "debian", "12", ([OLD, NEW], [])),
            ("3.2.7-1+deb12u6", "debian", "12", ([NEW], [])),
            ("3.5.0+ds1-0+deb12u1", "debian", "12", ([], [])),
            ("3.4.1+ds1-5+deb13u4", "debian", "13", ([NEW], [])),
            ("3.5.0+ds1-0+deb13u2", "debian", "13", ([], [])),
            ("3.2.7-0ubuntu0.22.04.2", "ubuntu", "22", ([], [OLD, NEW])),
            ("3.5.1-1", "somewhere", "1", ([], [])),
        ):
            self.assertEqual(judge(package, system, major), expected, (package, system, major))

    def test_versions_in_order(self):
        rising = ["3.1.2-12.el7", "3.1.2-12.el7_9", "3.1.10-1", "3.2.0~pre1-1", "3.2.0-1", "3.2.0-1+deb12u1", "1:1.0-1"]
        self.assertEqual(sorted(reversed(rising), key=order), rising)
        self.assertTrue(at_least("3.4.0-1", "3.4.0"))
        self.assertFalse(at_least("3.3.9-9", "3.4.0"))


if __name__ == "__main__":
    unittest.main()
