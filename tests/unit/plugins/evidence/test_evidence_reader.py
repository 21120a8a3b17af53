# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The Reader against this machine: commands, time limits, files that are none."""

from __future__ import absolute_import, division, print_function

import os
import select
import shutil
import tempfile
import time
import unittest

from ansible_collections.iepc.prep.plugins.module_utils.evidence import reader as reading
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import (
    MissingCommand,
    MissingFile,
    SourceError,
)

__metaclass__ = type


class Commands(unittest.TestCase):
    def setUp(self):
        self.reader = reading.Reader()

    def tearDown(self):
        self.reader.close()

    def test_output_rc_and_standard_input(self):
        output = self.reader.run(("sh", "-c", "cat; echo no >&2; exit 3"), stdin=u"acci\xf3n")
        self.assertEqual((output.rc, output.out, output.err), (3, u"acci\xf3n", u"no\n"))

    def test_fixed_environment(self):
        os.environ["PREP_TEST_LEAK"] = "1"
        try:
            output = self.reader.run(("env",))
        finally:
            del os.environ["PREP_TEST_LEAK"]
        lines = output.out.splitlines()
        self.assertIn("LC_ALL=C", lines)
        self.assertIn("PATH=" + reading.PATH, lines)
        self.assertNotIn("PREP_TEST_LEAK=1", lines)

    def test_same_command_runs_once(self):
        for _time in range(3):
            self.reader.run(("echo", "a"))
        self.assertEqual(self.reader.started, 1)

    def test_prefetched_commands_run_side_by_side(self):
        began = time.time()
        for number in range(4):
            self.reader.prefetch(("sh", "-c", "sleep 0.5; echo %d" % number))
        for number in range(4):
            output = self.reader.run(("sh", "-c", "sleep 0.5; echo %d" % number))
            self.assertEqual(output.out, "%d\n" % number)
        self.assertLess(time.time() - began, 1.8)

    def test_what_is_written_just_after_a_look_is_not_lost(self):
        running = self.reader._running

        class Late(object):
            """A poll that finds nothing, and during whose return the command writes and ends."""

            def __init__(self):
                self.real = select.poll()
                self.register = self.real.register

            def poll(self, _milliseconds):
                list(running.values())[0].process.wait()
                Select.poll = select.poll
                return []

        class Select(object):
            poll, error = Late, select.error
            POLLIN, POLLHUP, POLLERR = select.POLLIN, select.POLLHUP, select.POLLERR

        reading.select = Select
        try:
            self.assertEqual(self.reader.run(("sh", "-c", "sleep 0.1; echo a")).out, "a\n")
        finally:
            reading.select = select

    def test_time_limit_ends_what_it_started_as_well(self):
        began = time.time()
        self.assertRaises(SourceError, self.reader.run, ("sh", "-c", "sleep 30 & sleep 30"), 0.3)
        self.assertLess(time.time() - began, 3)

    def test_what_stays_in_the_background_holds_nobody_up(self):
        began = time.time()
        self.assertEqual(self.reader.run(("sh", "-c", "sleep 5 & echo a")).out, "a\n")
        self.assertLess(time.time() - began, 3)

    def test_what_talks_on_in_the_background_holds_nobody_up(self):
        began = time.time()
        # At most 10 s: it ends by itself, at the latest by writing where nobody reads.
        talk = "for n in $(seq 200); do echo b; sleep 0.05; done & echo a"
        self.assertEqual(self.reader.run(("sh", "-c", talk), 0.5).out.replace("b\n", ""), "a\n")
        self.assertLess(time.time() - began, 3)

    def test_who_writes_without_end_is_ended(self):
        began = time.time()
        with self.assertRaises(SourceError) as caught:
            self.reader.run(("yes",))
        self.assertIn("yes: more than 4 MiB of output", str(caught.exception))
        self.assertLess(time.time() - began, 4)

    def test_all_together_have_a_time_limit_too(self):
        hasty = reading.Reader(total=0.3)
        began = time.time()
        for number in range(5):
            self.assertRaises(SourceError, hasty.run, ("sleep", "3%d" % number))
        self.assertLess(time.time() - began, 3)

    def test_missing(self):
        self.assertRaises(MissingCommand, self.reader.run, ("prep-no-such-program",))
        self.assertIsNone(self.reader.which("prep-no-such-program"))

    def test_bytes_that_are_no_text(self):
        self.assertEqual(self.reader.run(("printf", "a\\377b")).out, u"a\ufffdb")


class Files(unittest.TestCase):
    def setUp(self):
        self.reader = reading.Reader()
        self.directory = tempfile.mkdtemp()

    def tearDown(self):
        shutil.rmtree(self.directory)

    def path(self, name):
        return os.path.join(self.directory, name)

    def test_a_fifo_does_not_block(self):
        os.mkfifo(self.path("fifo"))
        self.assertRaises(SourceError, self.reader.read_bytes, self.path("fifo"))

    def test_directories_and_missing_files(self):
        self.assertRaises(SourceError, self.reader.read_bytes, self.directory)
        self.assertRaises(MissingFile, self.reader.read_bytes, self.path("none"))
        self.assertEqual(self.reader.listdir(self.path("none")), [])

    def test_limit(self):
        with open(self.path("big"), "wb") as handle:
            handle.write(b"x" * 1000)
        self.assertEqual(self.reader.read_bytes(self.path("big"), 10), (b"x" * 10, True))
        self.assertEqual(self.reader.read_bytes(self.path("big"), 1000), (b"x" * 1000, False))

    def test_names_that_are_no_text(self):
        raw = os.path.join(self.directory.encode("ascii"), b"a\xff")
        open(raw, "wb").close()
        name = self.reader.listdir(self.directory)[0]
        self.assertEqual(self.reader.read_bytes(os.path.join(self.directory, name)), (b"", False))


if __name__ == "__main__":
    unittest.main()
