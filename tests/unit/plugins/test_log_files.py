# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Which file is which log, and what `log_listing` makes of a directory of them."""

from __future__ import absolute_import, division, print_function

import bz2
import gzip
import hashlib
import os
import shutil
import stat
import tempfile
import time
import unittest

from ansible_collections.iepc.prep.plugins.module_utils import log_files, log_reader

__metaclass__ = type

# 2022-06-05T20:00:00-06:00
OPENING = 1654480800
LINE = '198.51.100.%d - - [%s] "GET / HTTP/1.1" 200 2500 "-" "Mozilla/5.0"\n'


def access(moment, number=1):
    """A line of an access log."""
    return LINE % (number, time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(moment)))


class Names(unittest.TestCase):
    def test_rotated_and_compressed_names_mean_the_log_that_they_were(self):
        for name in (
            "prep_access.log", "prep_access.log.1", "prep_access.log.12.gz", "prep_access.log-20220606",
            "prep_access.log-20220606-1654473600.gz", "prep_access.log-2022-06-06.xz", "prep_access.log.zst",
        ):  # fmt: skip
            self.assertEqual("prep_access.log", log_files.stem(name), name)

    def test_kinds(self):
        for kind, names in {
            "access": ["access.log", "access_log", "ssl_access_log-20220606", "other_vhosts_access.log.1"],
            "error": ["error.log", "error_log", "ssl_error_log", "prep_error.log.2.gz"],
            "modsecurity": ["modsec_audit.log", "modsec_debug.log.1"],
            # The same requests as in ssl_access_log; what is no log.
            None: ["ssl_request_log", "noaccess.log", "access.log.swp", "access.log.bak", "passwd"],
        }.items():
            for name in names:
                self.assertEqual(kind, log_files.kind_in_apache_directory(name), name)

    def test_names_that_lead_elsewhere_or_move_a_cursor(self):
        for name in ("", "..", ".hidden", "a/b", "a\x1b[2J_access.log", "a\n_access.log", u"\u202ea.log", "a" * 200):
            self.assertFalse(log_files.NAME.match(name), name)


class Times(unittest.TestCase):
    def setUp(self):
        self.zone = os.environ.get("TZ")
        # A rule that every machine knows, with or without a table of zones.
        os.environ["TZ"] = "CST6"
        time.tzset()

    def tearDown(self):
        os.environ.pop("TZ")
        if self.zone:
            os.environ["TZ"] = self.zone
        time.tzset()

    def test_every_log_of_a_server(self):
        for line in (
            '203.0.113.9 - - [06/Jun/2022:02:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "x"',
            '203.0.113.9 - - [05/Jun/2022:20:00:00 -0600] "GET / HTTP/1.1" 200 1 "-" "x"',
            "[05/Jun/2022:20:00:00.504607 -0600] aws 198.51.100.1",
            "[Sun Jun 05 20:00:00.533749 2022] [core:notice] [pid 1] AH00094",
            "2022-06-05 20:00:00,142 fail2ban.server [3825]: INFO Starting",
            "2022/06/05 20:00:00 [3243] rsyncd version 3.1.2 starting",
            '{"at": "2022-06-06T02:00:00Z", "event": "activated"}',
            '{"time": "2022-06-05T20:00:00.1-06:00"}',
        ):
            self.assertEqual(OPENING, log_files.moment(line), line)

    def test_what_is_no_time(self):
        for line in ("", "no", "[99/Jun/2022:02:00:00 +0000]", "[06/Xxx/2022:02:00:00 +0000]", "2022/13/05 20:00:00 "):
            self.assertIsNone(log_files.moment(line), line)


class Directory(unittest.TestCase):
    """The module over a directory: a window of one hour from the opening on."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="prep-logs-")
        self.addCleanup(shutil.rmtree, self.top)

    def write(self, name, data, modified=OPENING + 600, opener=open):
        path = os.path.join(self.top, name)
        with opener(path, "wb") as stream:
            stream.write(data.encode("ascii"))
        os.utime(path, (modified, modified))
        return path

    def list(self, **options):
        listing = log_reader.Listing(
            dict(
                {
                    "since": OPENING, "until": OPENING + 3600, "apache_directories": [self.top, self.top + "/none"],
                    "logs": {"rsync": [self.top + "/rsyncd.log"]}, "max_bytes": 1 << 20, "known_sizes": {},
                },
                **options
            )
        )  # fmt: skip
        listing.run()
        return dict((one["name"], one) for one in listing.files), listing.left_out

    def test_what_overlaps_the_window_rotated_and_compressed_too(self):
        text = access(OPENING - 60) + access(OPENING + 60)
        self.write("prep_access.log", text)
        self.write("prep_access.log.1", access(OPENING - 90), modified=OPENING - 60)
        self.write("prep_access.log-20220606.gz", text + access(OPENING + 61), opener=gzip.open)
        self.write("access.log-20220607.bz2", text, opener=bz2.BZ2File)
        self.write("other_vhosts_access.log", access(OPENING + 7200), modified=OPENING + 7300)
        self.write("error.log", "")
        self.write("rsyncd.log.1", "2022/06/06 02:00:00 [1] connect\n")
        self.write("unrelated.log", text)
        files, left_out = self.list()
        self.assertEqual([], left_out)
        self.assertEqual(
            ["access.log-20220607.bz2", "prep_access.log", "prep_access.log-20220606.gz", "rsyncd.log.1"], sorted(files)
        )
        one = files["prep_access.log"]
        self.assertEqual(hashlib.sha256(text.encode()).hexdigest(), one["sha256"])
        self.assertEqual((len(text), OPENING - 60, OPENING + 60), (one["size"], one["first"], one["last"]))
        packed = files["prep_access.log-20220606.gz"]
        self.assertEqual((len(text) + len(access(0)), OPENING + 61), (packed["size"], packed["last"]))
        with open(packed["source"], "rb") as stream:
            self.assertEqual(hashlib.sha256(stream.read()).hexdigest(), packed["disk_sha256"])
        self.assertEqual(files["access.log-20220607.bz2"]["sha256"], one["sha256"])

    def test_beginnings_that_the_control_node_has(self):
        text = access(OPENING + 1) + access(OPENING + 2, 2)
        half = len(access(OPENING + 1))
        self.write("prep_access.log.1", text)
        self.write("prep_access.log.2.gz", text, opener=gzip.open)
        files, _left_out = self.list(known_sizes={"access": [half, 1, len(text) + 1, half]})
        wanted = {"1": hashlib.sha256(b"1").hexdigest(), "%d" % half: hashlib.sha256(text[:half].encode()).hexdigest()}
        for one in files.values():
            self.assertEqual(wanted, one["prefixes"])

    def test_what_can_not_be_taken_is_named_and_holds_nothing_up(self):
        self.write("prep_access.log", access(OPENING))
        self.write("prep_error.log", "x" * 2000)
        self.write("bomb_access.log.gz", "x" * 2000, opener=gzip.open)
        with open(self.write("broken_access.log.gz", access(OPENING), opener=gzip.open), "r+b") as stream:
            stream.truncate(30)
        self.write("\x1b]0_access.log", "x")
        os.mkfifo(os.path.join(self.top, "pipe_access.log"))
        os.symlink("/dev/zero", os.path.join(self.top, "endless_access.log"))
        files, left_out = self.list(max_bytes=1000)
        self.assertEqual(["prep_access.log"], sorted(files))
        self.assertEqual(
            ["\x1b]0_access.log", "bomb_access.log.gz", "broken_access.log.gz", "endless_access.log", "pipe_access.log",
             "prep_error.log"],
            sorted(os.path.basename(one["source"]) for one in left_out),
        )  # fmt: skip

    def test_nothing_is_changed(self):
        path = self.write("prep_access.log.1.gz", access(OPENING), opener=gzip.open)
        self.write("prep_access.log", access(OPENING))
        before = [(name, os.stat(os.path.join(self.top, name))[:7]) for name in sorted(os.listdir(self.top))]
        os.chmod(self.top, stat.S_IRUSR | stat.S_IXUSR)
        modified = os.stat(path).st_mtime
        self.list()
        self.assertEqual(
            before, [(name, os.stat(os.path.join(self.top, name))[:7]) for name in sorted(os.listdir(self.top))]
        )
        self.assertEqual(modified, os.stat(path).st_mtime)
        os.chmod(self.top, stat.S_IRWXU)


JOURNALCTL = r"""#!/bin/sh
echo "$*" >> "$0.asked"
case "$*" in
*broken*) echo '{"MESSAGE": "no time"}' ;;
*none*) ;;
*) echo '{"_PID":"7","__REALTIME_TIMESTAMP":"1654480801000001","MESSAGE":[104,111,108,97],"PRIORITY":"6"}'
   echo '{"__REALTIME_TIMESTAMP":"1654480802000001","PRIORITY":"6","MESSAGE":"a\u001b[2J","SYSLOG_IDENTIFIER":"x"}' ;;
esac
"""


class Journal(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="prep-journal-")
        self.addCleanup(shutil.rmtree, self.top)
        self.program = os.path.join(self.top, "journalctl")
        with open(self.program, "w") as stream:
            stream.write(JOURNALCTL)
        os.chmod(self.program, 0o755)
        before = os.environ["PATH"]
        os.environ["PATH"] = self.top + os.pathsep + before
        self.addCleanup(os.environ.__setitem__, "PATH", before)
        self.options = {
            "since": OPENING, "until": OPENING + 3600, "max_journal_bytes": 10000, "known_journals": {},
            "units": {"activator": ["prep-activator.service"], "rsync": ["none.service", "broken.service"]},
        }  # fmt: skip

    def test_the_window_of_each_unit_in_a_fixed_order(self):
        left_out = []
        (one,) = log_reader.journals(self.options, left_out)
        self.assertEqual(["journal of broken.service"], [item["source"] for item in left_out])
        self.assertEqual("journal-prep-activator.jsonl", one["name"])
        self.assertEqual((OPENING + 1, OPENING + 2), (one["first"], one["last"]))
        with open(self.program + ".asked") as stream:
            self.assertIn("--since @1654480800 --until @1654484400", stream.read())
        content, _first, _last = log_reader.journal("prep-activator.service", self.options)
        self.assertEqual(one["sha256"], hashlib.sha256(content).hexdigest())
        first, second = content.decode("ascii").splitlines()
        self.assertEqual(
            '{"at_us": 1654480801000001, "identifier": "", "message": "hola", "pid": "7", "priority": "6", '
            '"unit": "prep-activator.service"}',
            first,
        )
        self.assertNotIn("\x1b", second)

    def test_it_is_not_sent_again_and_has_a_bound(self):
        (one,) = log_reader.journals(self.options, [])
        self.options["known_journals"] = {one["name"]: one["sha256"]}
        self.assertNotIn("content", log_reader.journals(self.options, [])[0])
        self.options["max_journal_bytes"] = 200
        left_out = []
        self.assertEqual([], log_reader.journals(self.options, left_out))
        self.assertEqual(2, len(left_out))


if __name__ == "__main__":
    unittest.main()
