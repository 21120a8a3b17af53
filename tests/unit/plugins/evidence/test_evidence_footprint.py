# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A footprint stays what it is while nobody touches the server, and is another one after any touch."""

from __future__ import absolute_import, division, print_function

import os
import shutil
import tempfile
import unittest

from ansible_collections.iepc.prep.plugins.module_utils.evidence import catalogue, footprint
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import Look
from fake_reader import FakeReader

__metaclass__ = type


class Tree(unittest.TestCase):
    def setUp(self):
        self.root = os.path.realpath(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        os.mkdir(self._path("conf.d"))
        self._write("conf.d/a", "one\n")
        os.symlink("conf.d/a", self._path("enabled"))

    def _path(self, name):
        return os.path.join(self.root, name)

    def _write(self, name, text):
        with open(self._path(name), "w") as handle:
            handle.write(text)

    def _now(self):
        return footprint.digest(footprint.walked((self.root,)))

    def _another(self, act):
        before = self._now()
        self.assertEqual(before, self._now())
        act()
        self.assertNotEqual(before, self._now())

    def test_same_size_and_same_time_of_writing(self):
        """A program can set the time of a file's writing, and not that of its inode."""
        before = os.stat(self._path("conf.d/a"))

        def touch():
            self._write("conf.d/a", "two\n")
            os.utime(self._path("conf.d/a"), (before.st_atime, before.st_mtime))

        self._another(touch)

    def test_another_mode(self):
        self._another(lambda: os.chmod(self._path("conf.d/a"), 0o600))

    def test_another_mode_of_a_directory(self):
        self._another(lambda: os.chmod(self._path("conf.d"), 0o700))

    def test_a_file_more(self):
        self._another(lambda: self._write("conf.d/.hidden", ""))

    def test_a_file_less(self):
        self._another(lambda: os.unlink(self._path("conf.d/a")))

    def test_another_target(self):
        def turn():
            os.unlink(self._path("enabled"))
            os.symlink("conf.d/b", self._path("enabled"))

        self._another(turn)

    def test_what_leaves_no_trace_is_none(self):
        """A temporary file that came and went, as editors and locks leave them, is no difference."""
        before = self._now()
        self._write("conf.d/.lock", "")
        os.unlink(self._path("conf.d/.lock"))
        self.assertEqual(before, self._now())

    def test_two_names_of_one_directory_count_once(self):
        os.symlink(self._path("conf.d"), self._path("again"))
        twice = footprint.walked((self._path("conf.d"), self._path("again")))
        self.assertEqual(twice, footprint.walked((self._path("conf.d"),)))

    def test_too_many_is_an_error(self):
        most = footprint.MOST_ENTRIES
        self.addCleanup(setattr, footprint, "MOST_ENTRIES", most)
        footprint.MOST_ENTRIES = 2
        with self.assertRaises(SourceError):
            footprint.walked((self.root,))

    def test_places(self):
        for name in ("incoming", "cuts", "cuts/zero", "cuts/20270606", "state", "trigger", "suspension"):
            os.mkdir(self._path(name))

        def now():
            return footprint.digest(footprint.places(self.root))

        before = now()
        # What arrives and what readers get comes and goes.
        self._write("incoming/index.html", "cut")
        self._write("cuts/20270606/index.html", "cut")
        os.symlink("cuts/zero", self._path("current"))
        self.assertEqual(before, now())
        self._write("suspension/index.html", "notice")
        suspended = now()
        self.assertNotEqual(before, suspended)
        os.chmod(self._path("incoming"), 0o777)
        self.assertNotEqual(suspended, now())
        os.rmdir(self._path("trigger"))
        self.assertIn("trigger", "".join(footprint.places(self.root)))


class Settings(unittest.TestCase):
    def test_keys(self):
        text = (
            "# a remark = 1\n; another\nnet.ipv4.tcp_syncookies = 1\n-kernel.dmesg_restrict=1\n"
            "net/ipv4/conf/eth0.1/rp_filter = 1\nnet.ipv4.conf.*.accept_redirects = 0\n"
            "-net.ipv4.conf.all.log_martians\na b = 1\n\n"
        )
        self.assertEqual(
            sorted(footprint.setting_keys(text)),
            ["kernel/dmesg_restrict", "net/ipv4/conf/*/accept_redirects", "net/ipv4/conf/all/log_martians",
             "net/ipv4/conf/eth0.1/rp_filter", "net/ipv4/tcp_syncookies"],
        )

    def test_what_the_kernel_holds(self):
        files = {
            "/etc/sysctl.d/90-prep.conf": "net.ipv4.tcp_syncookies = 1\nnet.ipv4.conf.*.rp_filter = 1\nno.such = 1\n",
            "/proc/sys/net/ipv4/tcp_syncookies": "1\n",
            "/proc/sys/net/ipv4/conf/eth0/rp_filter": "2\n",
        }
        held = footprint.settings(Look(FakeReader(files=files)))
        self.assertEqual(held, [
            "/proc/sys/net/ipv4/conf/eth0/rp_filter=2", "/proc/sys/net/ipv4/tcp_syncookies=1", "/proc/sys/no/such=-",
        ])


class Start(unittest.TestCase):
    def test_another_start_of_a_container_is_another_one(self):
        line = "1 (a) b) S 0 1 1 0 -1 4194560 9 9 9 9 1 2 3 4 20 0 1 0 %d 5 6"
        files = {footprint.BOOT_ID: "8a\n", "/proc/1/stat": line % 4711}
        self.assertEqual(footprint.boot(Look(FakeReader(files=files))), "8a 4711")

    def test_homes(self):
        passwd = "root:x:0:0:root:/root:/bin/bash\nbad line\niepc:x:9:9::/home/iepc:/bin/sh\n"
        self.assertEqual(footprint.homes(passwd), [os.path.join("/home", "iepc", ".ssh"), "/root/.ssh"])


class Item(unittest.TestCase):
    def test_only_when_asked_for(self):
        self.assertNotIn("footprint", catalogue.gather(FakeReader())["items"])
        reader = FakeReader(files={"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n"})
        options = {"footprint": True, "content_root": "/nonexistent"}
        item = catalogue.gather(reader, options, ["os.kernel"])["items"]["footprint"]
        self.assertIsNone(item["error"])
        self.assertEqual(sorted(item["value"]), ["boot", "entries", "files", "places", "settings"])
        self.assertEqual(len(item["value"]["files"]), 64)


if __name__ == "__main__":
    unittest.main()
