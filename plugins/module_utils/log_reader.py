# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads a server's logs for the module `log_listing`: opened for reading, once from end to end, and never written."""

from __future__ import absolute_import, division, print_function

import base64
import calendar
import errno
import hashlib
import json
import os
import stat
import subprocess
import time
import zlib

from ansible_collections.iepc.prep.plugins.module_utils import log_files

__metaclass__ = type

BLOCK = 1 << 20
EDGE = 1 << 16


class LeftOut(Exception):
    """A log that can't be taken, and why."""


class Digest:
    """SHA-256 of what passes, of its beginnings of some sizes, and its first and last bytes."""

    def __init__(self, sizes=()):
        self.size = 0
        self.head = self.tail = b""
        self.prefixes = {}
        self._sizes = sorted(set(sizes), reverse=True)
        self._sha = hashlib.sha256()

    def update(self, data):
        """Take in the next bytes."""
        self.head += data[: max(0, EDGE - len(self.head))]
        self.tail = (self.tail + data)[-EDGE:]
        view = memoryview(data)
        while self._sizes and self._sizes[-1] <= self.size + len(view):
            cut = self._sizes.pop() - self.size
            self._take(view[:cut])
            view = view[cut:]
            self.prefixes["%d" % self.size] = self._sha.hexdigest()
        self._take(view)

    def _take(self, view):
        self._sha.update(view)
        self.size += len(view)

    def hexdigest(self):
        """The SHA-256 of all."""
        return self._sha.hexdigest()


def blocks(handle, most):
    """What a file holds, block by block, up to a number of bytes."""
    left = most
    while left > 0:
        data = handle.read(min(BLOCK, left))
        if not data:
            return
        left -= len(data)
        yield data


class Listing:
    """One trip over the server's logs."""

    def __init__(self, options):
        self.options = options
        self.files, self.left_out = [], []

    def run(self):
        """Look at every log."""
        for directory in self.options["apache_directories"]:
            for name in self._names(directory):
                kind = log_files.kind_in_apache_directory(name)
                if kind:
                    self._look(directory, name, kind)
        for kind in sorted(self.options["logs"]):
            for path in self.options["logs"][kind]:
                directory, wanted = os.path.split(path)
                for name in self._names(directory):
                    if log_files.stem(name) == wanted:
                        self._look(directory, name, kind)

    def _names(self, directory):
        try:
            return sorted(os.listdir(directory))
        except OSError as problem:
            if problem.errno not in (errno.ENOENT, errno.ENOTDIR):
                self.left_out.append({"source": directory, "why": problem.strerror})
            return []

    def _look(self, directory, name, kind):
        path = os.path.join(directory, name)
        try:
            if not log_files.NAME.match(name):
                raise LeftOut("its name is not one that logs have")
            found = self._read(path, name, kind)
        except LeftOut as problem:
            self.left_out.append({"source": path, "why": "%s" % problem})
        except EnvironmentError as problem:
            # Rotated away while we looked: it is listed under its new name, now or in the next trip.
            if problem.errno != errno.ENOENT:
                self.left_out.append({"source": path, "why": problem.strerror or "%s" % problem})
        else:
            if found:
                self.files.append(found)

    def _read(self, path, name, kind):
        """One log; None if its lines are not of the window."""
        # Not to wait for the other end where somebody put a pipe.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as stream:
            state = os.fstat(stream.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise LeftOut("it is no plain file")
            # Nothing was written since: all lines are older. An empty one says nothing either way.
            if state.st_mtime < self.options["since"] or not state.st_size:
                return None
            if state.st_size > self.options["max_bytes"]:
                raise LeftOut("it has %d bytes, more than the %d allowed" % (state.st_size, self.options["max_bytes"]))
            packed = log_files.plain_name(name)[1]
            if not packed and self._is_later(stream.read(EDGE)):
                return None
            stream.seek(0)
            sizes = [int(size) for size in self.options["known_sizes"].get(kind) or []]
            whole = Digest(() if packed else sizes)
            for data in blocks(stream, state.st_size):
                whole.update(data)
        content = self._unpacked(path, packed, sizes) if packed else whole
        if not content.size or self._is_later(content.head):
            return None
        return {
            "source": path,
            "name": name,
            "kind": kind,
            "packed": packed or "",
            "disk_size": whole.size,
            "disk_sha256": whole.hexdigest(),
            "size": content.size,
            "sha256": content.hexdigest(),
            "prefixes": content.prefixes,
            "first": log_files.first_moment(content.head),
            "last": log_files.last_moment(content.tail),
            "modified": int(state.st_mtime),
        }

    def _is_later(self, head):
        first = log_files.first_moment(head)
        return first is not None and first > self.options["until"]

    def _unpacked(self, path, packed, sizes):
        """The digest of what a compressed log holds."""
        content = Digest(sizes)
        program = log_files.UNPACKERS[packed]
        with open(os.devnull, "rb+") as nothing:
            try:
                process = subprocess.Popen(
                    [program, "-dc", "--", path], stdin=nothing, stdout=subprocess.PIPE, stderr=nothing
                )
            except OSError:
                raise LeftOut("%s, which unpacks it, is not here" % program)
            try:
                for data in blocks(process.stdout, self.options["max_bytes"] + 1):
                    content.update(data)
            finally:
                process.stdout.close()
                if content.size > self.options["max_bytes"]:
                    process.kill()
                code = process.wait()
        if content.size > self.options["max_bytes"]:
            raise LeftOut("unpacked it has more than the %d bytes allowed" % self.options["max_bytes"])
        if code:
            raise LeftOut("%s can't unpack it (exit code %d)" % (program, code))
        return content


def journal(unit, options):
    """(lines of a unit in the window as JSON lines, first time, last time)

    Reduced and in a fixed order: journalctl writes an entry's fields in another order each time.
    """
    argv = ["journalctl", "--no-pager", "-q", "-a", "-o", "json", "-u", unit]
    argv += ["--since", "@%d" % options["since"], "--until", "@%d" % options["until"]]
    lines, total, times = [], 0, []
    with open(os.devnull, "rb+") as nothing:
        try:
            process = subprocess.Popen(argv, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing)
        except OSError:
            return b"", None, None
        try:
            for raw in process.stdout:
                entry = json.loads(raw.decode("utf-8", "replace"))
                stamp = int(entry["__REALTIME_TIMESTAMP"])
                line = json.dumps(
                    {
                        "at_us": stamp,
                        "unit": unit,
                        "identifier": _text(entry.get("SYSLOG_IDENTIFIER")),
                        "pid": _text(entry.get("_PID")),
                        "priority": _text(entry.get("PRIORITY")),
                        "message": _text(entry.get("MESSAGE")),
                    },
                    sort_keys=True,
                ).encode("ascii")
                total += len(line) + 1
                if total > options["max_journal_bytes"]:
                    raise LeftOut("it has more than the %d bytes allowed" % options["max_journal_bytes"])
                lines.append(line)
                times.append(stamp // 1000000)
        except (KeyError, TypeError, ValueError) as problem:
            raise LeftOut("journalctl wrote what is no entry: %s" % problem)
        finally:
            process.stdout.close()
            process.wait()
    return b"".join(line + b"\n" for line in lines), min(times or [0]), max(times or [0])


def _text(value):
    """A field's text: journalctl gives bytes that are no UTF-8 as a list of numbers, and one said twice as a list."""
    if isinstance(value, list):
        if all(isinstance(one, int) for one in value):
            return bytes(bytearray(value)).decode("utf-8", "replace")
        return "\n".join(_text(one) for one in value)
    return "" if value is None else value


def journals(options, left_out):
    """The units' parts of the journal; without content where the control node has it."""
    found = []
    for kind in sorted(options["units"]):
        for unit in options["units"][kind]:
            name = "journal-%s.jsonl" % unit.rpartition(".")[0]
            try:
                content, first, last = journal(unit, options)
            except LeftOut as problem:
                left_out.append({"source": "journal of %s" % unit, "why": "%s" % problem})
                continue
            if not content:
                continue
            digest = hashlib.sha256(content).hexdigest()
            entry = {"name": name, "kind": kind, "source": "journalctl -u %s" % unit, "size": len(content)}
            entry.update(sha256=digest, first=first, last=last)
            if options["known_journals"].get(name) != digest:
                entry["content"] = base64.b64encode(zlib.compress(content, 6)).decode("ascii")
            found.append(entry)
    return found


def offset(moment):
    """This machine's offset from UTC at a time, as +hhmm."""
    local = time.localtime(moment)
    # What the clock shows there, read as if it were UTC.
    minutes = int(round((calendar.timegm(local) - moment) / 60.0))
    return "%s%02d%02d" % (("-" if minutes < 0 else "+",) + divmod(abs(minutes), 60))
