# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a daemon has read its files, by times as real files have them."""

from __future__ import absolute_import, division, print_function

import os
import shutil
import tempfile
import unittest

from ansible_collections.iepc.prep.plugins.module_utils.evidence import loaded, services
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import Look
from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import Output, Reader
from fake_reader import fixture, shown

__metaclass__ = type


class Recorded(Reader):
    """The files of this machine, where systemd says that Apache and sshd run."""

    def run(self, argv, timeout=None, stdin=None):
        assert argv == services.SHOW
        return Output(0, shown("apache2", "ssh"))


class Loaded(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp()
        os.mkdir(self.path("conf.d"))
        for name in ("main", "conf.d/a", "conf.d/b"):
            self.write(name)
        self.reads()

    def tearDown(self):
        shutil.rmtree(self.top)

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name):
        with open(self.path(name), "w") as handle:
            handle.write("x")

    def reads(self):
        """The daemon reads its files: its pid file is as new as the newest of them."""
        self.write("pid")
        newest = max(os.stat(self.path(name)).st_ctime for name in ("main", "conf.d", "conf.d/a", "conf.d/b"))
        os.utime(self.path("pid"), (newest + 0.001, newest + 0.001))

    def changed(self, units=("apache2", "httpd"), pid="pid"):
        files = [self.path(name) for name in ("main", "conf.d/a", "conf.d/b")]
        found = loaded.compare(Look(Recorded()), units, self.path(pid), files)
        return found and (found["loaded"] is not None, [os.path.relpath(one, self.top) for one in found["changed"]])

    def later(self):
        """As if all that was so far had been a minute ago."""
        past = os.stat(self.path("pid")).st_mtime - 60
        os.utime(self.path("pid"), (past, past))

    def test_nothing_changed(self):
        self.assertEqual(self.changed(), (True, []))

    def test_edited(self):
        pid = os.stat(self.path("pid")).st_mtime
        self.write("conf.d/b")
        if os.stat(self.path("conf.d/b")).st_ctime <= pid:
            self.later()
        self.assertIn("conf.d/b", self.changed()[1])
        self.reads()
        self.assertEqual(self.changed(), (True, []))

    def test_an_old_copy_put_back_and_a_file_removed(self):
        """Neither leaves a file whose content is new."""
        old = os.stat(self.path("main")).st_mtime - 86400
        os.utime(self.path("conf.d/a"), (old, old))
        self.later()
        self.assertIn("conf.d/a", self.changed()[1])
        self.reads()
        os.remove(self.path("conf.d/b"))
        self.later()
        self.assertIn("conf.d", self.changed()[1])

    def test_what_does_not_run_has_read_nothing(self):
        self.assertIsNone(self.changed(units=("nginx",)))

    def test_without_a_pid_file_nobody_knows(self):
        self.assertEqual(self.changed(pid="none"), (False, []))


class Files(unittest.TestCase):
    def test_apache_names_its_pid_file(self):
        for name in ("debian11", "debian12", "debian13"):
            found = loaded._PID_FILE.search(fixture(name, "httpd_dump.txt"))
            self.assertEqual(found.group(1), "/var/run/apache2/apache2.pid")

    def test_include_lines_of_sshd(self):
        text = u"#Include /no\nInclude /etc/ssh/sshd_config.d/*.conf\n  include other.conf\n"
        self.assertEqual(loaded._INCLUDE.findall(text), [u"/etc/ssh/sshd_config.d/*.conf", u"other.conf"])


if __name__ == "__main__":
    unittest.main()
