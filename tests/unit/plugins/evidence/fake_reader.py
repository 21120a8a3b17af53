# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A server made of dictionaries, in place of the Reader that touches a real one."""

from __future__ import absolute_import, division, print_function

import fnmatch
import os

from ansible_collections.iepc.prep.plugins.module_utils.evidence import services
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import (
    MissingCommand,
    MissingFile,
    SourceError,
)
from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import Output
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text

__metaclass__ = type

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fixtures", "evidence")


def fixture(*names):
    """The text of a recorded output."""
    with open(os.path.join(FIXTURES, *names), "rb") as handle:
        return to_text(handle.read())


def shown(*active):
    """systemd's answer on a server where of all units asked for only these are there, and run."""
    return u"\n\n".join(
        u"Id=%s\nLoadState=%s\nActiveState=%s" % (
            (name, u"loaded", u"active") if name in active else (name, u"not-found", u"inactive"))
        for name in services.UNITS
    )


class Stat(object):
    """What os.stat would tell."""

    def __init__(self, size=0, mode=0o100644, uid=0):
        self.st_size = size
        self.st_mode = mode
        self.st_uid = uid
        self.st_mtime = 1000.5


class Volume(object):
    """What os.statvfs would tell: 100 GiB, half of them free."""

    f_blocks = 26214400
    f_bavail = 13107200
    f_frsize = 4096


class FakeReader(object):
    """commands: {argv tuple or program name: Output, (rc, out, err) or exception}.

    files: {path: text, bytes or exception}; links: {path: target}; programs: names that exist without an
    answer of their own.
    """

    def __init__(self, commands=None, files=None, links=None, programs=()):
        self.commands = dict(commands or {})
        self.files = dict(files or {})
        self.links = dict(links or {})
        self.programs = set(programs) | set(
            key[0] if isinstance(key, tuple) else key for key in self.commands
        )
        self.memo = {}
        self.asked = []
        self.started = 0

    def which(self, name):
        return "/usr/bin/" + name if name in self.programs else None

    def prefetch(self, argv, timeout=None, stdin=None):
        pass

    def close(self):
        pass

    def run(self, argv, timeout=None, stdin=None):
        self.asked.append((tuple(argv), stdin))
        if argv[0] not in self.programs:
            raise MissingCommand("%s: not found" % argv[0])
        answer = self.commands.get(tuple(argv), self.commands.get(argv[0]))
        if answer is None:
            raise SourceError("%s: no answer recorded" % " ".join(argv))
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Output) else Output(*answer)

    def read_bytes(self, path, limit=1024 * 1024):
        if path not in self.files:
            raise MissingFile("%s: No such file or directory" % path)
        data = self.files[path]
        if isinstance(data, Exception):
            raise data
        data = data if isinstance(data, bytes) else data.encode("utf-8")
        return data[:limit], len(data) > limit

    def _paths(self):
        return list(self.files) + list(self.links)

    def listdir(self, path):
        prefix = path.rstrip("/") + "/"
        return sorted(set(name[len(prefix):].split("/")[0] for name in self._paths() if name.startswith(prefix)))

    def glob(self, pattern):
        return sorted(name for name in self.files if fnmatch.fnmatch(name, pattern))

    def readlink(self, path):
        return self.links.get(path)

    def stat(self, path):
        if path in self.files and not isinstance(self.files[path], Exception):
            return Stat(len(self.files[path]))
        return Stat(0, 0o040755) if self.listdir(path) else None

    def statvfs(self, path):
        return Volume()

    def uname(self):
        return "3.10.0-1160.119.1.el7.x86_64"
