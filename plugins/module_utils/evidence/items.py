# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""From a collector to an evidence item: who said it, when, with which rc."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import sys
import time

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import MissingFile, SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import COMMAND_TIMEOUT, MAX_FILE
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import (
    bounded,
    first_line,
    redacted,
    to_text,
)

SCHEMA = 1
VERSION = "0.1.0"
# Sources named in an item; a collector that reads hundreds of files names the first ones.
MAX_SOURCES = 12


def utc(moment=None):
    """A moment (epoch seconds, default now) as 2026-11-24T04:00:00.123Z."""
    moment = time.time() if moment is None else moment
    milliseconds = int(moment * 1000) % 1000
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + ".%03dZ" % milliseconds


class Look(object):
    """A Reader as one collector sees it; remembers what was read for the item."""

    def __init__(self, reader):
        self.reader = reader
        self.sources = []
        self.rc = None
        self.truncated = False

    def source(self, name):
        """Name a source that was read by other means."""
        name = to_text(name)
        if name not in self.sources:
            self.sources.append(name)

    def once(self, name, compute):
        """compute()'s value, computed once per trip although several items need it."""
        if name not in self.reader.memo:
            self.reader.memo[name] = compute()
        return self.reader.memo[name]

    def which(self, name):
        """See Reader.which."""
        return self.reader.which(name)

    def run(self, argv, timeout=COMMAND_TIMEOUT, stdin=None, label=None):
        """See Reader.run. label: how to name a command that is too long to show."""
        self.source(label or " ".join(argv))
        output = self.reader.run(argv, timeout, stdin)
        self.rc = output.rc if not self.rc else self.rc
        return output

    def must(self, argv, timeout=COMMAND_TIMEOUT, stdin=None, label=None):
        """Run a command that has to succeed; returns its output text. Raises SourceError."""
        output = self.run(argv, timeout, stdin, label)
        if output.rc != 0:
            raise SourceError(
                "%s: rc %d: %s" % (argv[0], output.rc, first_line(output.err) or first_line(output.out))
            )
        return output.out

    def read(self, path, limit=MAX_FILE):
        """The text of a file. Raises MissingFile, SourceError."""
        return to_text(self.read_bytes(path, limit))

    def read_bytes(self, path, limit=MAX_FILE):
        """The bytes of a file, at most `limit`. Raises MissingFile, SourceError."""
        self.source(path)
        data, truncated = self.reader.read_bytes(path, limit)
        self.truncated = self.truncated or truncated
        return data

    def read_if_there(self, path, limit=MAX_FILE):
        """The text of a file, None when there is none. Raises SourceError for other reasons."""
        try:
            return self.read(path, limit)
        except MissingFile:
            return None

    def peek(self, path, limit=4096):
        """Text of a small /proc file of a process that may be gone: None then. Not named as a source."""
        try:
            return to_text(self.reader.read_bytes(path, limit)[0])
        except SourceError:
            return None

    def listdir(self, path):
        """See Reader.listdir."""
        return self.reader.listdir(path)

    def glob(self, pattern):
        """See Reader.glob."""
        return self.reader.glob(pattern)

    def readlink(self, path):
        """See Reader.readlink."""
        return self.reader.readlink(path)

    def stat(self, path):
        """See Reader.stat."""
        return self.reader.stat(path)

    def statvfs(self, path):
        """See Reader.statvfs."""
        return self.reader.statvfs(path)


def item(reader, collect, options):
    """Run one collector; whatever happens, an item comes back.

    collect(look, options) returns the value or raises SourceError with the
    reason. Any other exception is a defect in a parser: it becomes the item's
    error too, with its type, so that one odd file never costs the whole trip.
    """
    look = Look(reader)
    value = None
    reason = None
    started = utc()
    try:
        value = collect(look, options)
    except SourceError as error:
        reason = to_text(error.args[0] if error.args else error)
    except Exception as error:  # pylint: disable=broad-except
        reason = "%s: %s" % (type(error).__name__, to_text(repr(error.args)))
    value, cut = bounded(value)
    sources = look.sources[:MAX_SOURCES]
    if len(look.sources) > MAX_SOURCES:
        sources.append("+%d" % (len(look.sources) - MAX_SOURCES))
    return {
        "source": redacted("; ".join(sources)),
        "at": started,
        "rc": look.rc,
        "value": value if reason is None else None,
        "error": None if reason is None else reason[:2000],
        "truncated": bool(cut or look.truncated),
    }


def gather(reader, collectors, options, commands=()):
    """All items of a host.

    collectors: [(key, collect)]; commands: argv tuples, or (argv tuple, timeout), to start at once.
    Returns the `evidence` dict.
    """
    started = utc()
    for command in commands:
        if isinstance(command[0], tuple):
            reader.prefetch(command[0], command[1])
        else:
            reader.prefetch(command)
    items = {}
    try:
        for key, collect in collectors:
            items[key] = item(reader, collect, options)
    finally:
        reader.close()
    return {
        "schema": SCHEMA,
        "collector": {
            "version": VERSION,
            "python": ".".join(str(part) for part in sys.version_info[:3]),
            "euid": os.geteuid(),
        },
        "started": started,
        "finished": utc(),
        "items": items,
    }
