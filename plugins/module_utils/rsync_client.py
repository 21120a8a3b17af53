# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Enough of the rsync daemon's protocol to see what a door lets through, without any rsync here.

A request speaks protocol 31, which every daemon from 3.1 to today takes, and stops before
any file is named: nothing is ever sent or received.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import hashlib
import re
import socket
import struct
import time
from multiprocessing.dummy import Pool as ThreadPool

PROTOCOL = b"@RSYNCD: 31.0"
LIMIT = 64 * 1024
# An empty list of filters, in the one frame that a sender waits for before it refuses.
NO_FILTERS = struct.pack("<II", (7 << 24) | 4, 0)
# Heads of frames: kind 33 tells the timeout, kind 86 ends with an error; both carry four bytes.
TIMEOUT_FRAME = struct.pack("<I", ((7 + 33) << 24) | 4)
ERROR_EXIT = struct.pack("<I", ((7 + 86) << 24) | 4)
# A push of a tree, from a client of few capabilities.
PLAIN = "-re."

# A daemon takes its time to hang up on who was refused, and a door of ours lets ten in at once.
VISITS_AT_ONCE = 4

DENIED, NO_AUTH, BAD_SECRET, OPEN = "denied", "no_auth", "bad_secret", "open"


class NoDaemon(Exception):
    """Nobody answers, or whoever answers is no rsync daemon."""


class Visit(object):
    """One connection to a daemon."""

    def __init__(self, address, port, timeout):
        try:
            self.socket = socket.create_connection((address, port), timeout)
        except (socket.error, socket.timeout) as error:
            raise NoDaemon("no connection to %s port %d: %s" % (address, port, error))
        self.socket.settimeout(timeout)
        # Unbuffered: what follows the last line is read from the socket itself.
        self.stream = self.socket.makefile("rb", 0)
        greeting = self._line()
        found = re.match(br"^@RSYNCD: (\d+)", greeting)
        if not found or int(found.group(1)) < 31:
            raise NoDaemon("%s port %d is no rsync daemon of 3.1 or later" % (address, port))
        # From 3.2.7 on the greeting lists digests, best first; before, it is always MD5.
        digests = [name for name in greeting.split()[2:] if hasattr(hashlib, name.decode("ascii", "replace"))]
        self.digest = digests[0].decode("ascii") if digests else "md5"
        self._send(PROTOCOL + (b" " + digests[0] if digests else b"") + b"\n")

    def __enter__(self):
        return self

    def __exit__(self, *_ignored):
        self.stream.close()
        self.socket.close()

    def _line(self):
        try:
            return self.stream.readline(LIMIT)
        except (socket.error, socket.timeout) as error:
            raise NoDaemon("the daemon stopped answering: %s" % error)

    def _send(self, data):
        try:
            self.socket.sendall(data)
        except (socket.error, socket.timeout) as error:
            raise NoDaemon("the daemon closed the connection: %s" % error)

    def listing(self):
        """Names of the modules that the daemon tells to anybody."""
        self._send(b"#list\n")
        names = []
        while True:
            line = self._line()
            if not line or line.startswith(b"@"):
                return names
            if b"\t" in line:
                names.append(line.split(b"\t")[0].strip().decode("utf-8", "replace"))

    def enter(self, module, user, secret):
        """Ask for a module -> (DENIED | NO_AUTH | BAD_SECRET | OPEN, the daemon's words)."""
        self._send(module.encode("utf-8") + b"\n")
        line = self._line()
        while line and not line.startswith(b"@"):
            line = self._line()  # a message of the day
        if line.startswith(b"@RSYNCD: OK"):
            return NO_AUTH, ""
        if not line.startswith(b"@RSYNCD: AUTHREQD "):
            return DENIED, line.decode("utf-8", "replace").strip()
        challenge = line.split()[2]
        digest = hashlib.new(self.digest, secret.encode("utf-8") + challenge).digest()
        self._send(user.encode("utf-8") + b" " + base64.b64encode(digest).rstrip(b"=") + b"\n")
        line = self._line()
        if line.startswith(b"@RSYNCD: OK"):
            return OPEN, ""
        words = line.decode("utf-8", "replace").strip()
        return (BAD_SECRET if "auth failed" in words else DENIED), words

    def begin(self, arguments):
        """Send a server's arguments -> (whether it then goes on to a transfer, all that it said as bytes).

        It goes on when it announces its timeout, as a daemon of ours does first. One that refuses hangs up; from
        3.2 on it says why, before that only in its own log.
        """
        self._send(b"".join(one.encode("utf-8") + b"\0" for one in arguments) + b"\0")
        if "--sender" in arguments:
            self._send(NO_FILTERS)
        said = b""
        try:
            # Flags and seed of five bytes come first; then frames of three bytes of length, one of kind.
            while len(said) < LIMIT and not (TIMEOUT_FRAME in said[5:] and "--sender" not in arguments):
                chunk = self.socket.recv(4096)
                if not chunk:
                    return False, said
                said += chunk
                if ERROR_EXIT in said[5:]:
                    return False, said
        except (socket.error, socket.timeout):
            pass  # silence is no refusal: it waits for what would be sent
        return True, said


class Door(object):
    """A module of a daemon, and what it does when it is tried."""

    def __init__(self, address, port, module, user, secret, timeout=5.0):
        self.address, self.port, self.timeout = address, port, timeout
        self.module, self.user, self.secret = module, user, secret

    def visit(self):
        """A connection of its own for each question."""
        return Visit(self.address, self.port, self.timeout)

    def listed(self):
        """Names that anybody is told."""
        with self.visit() as visit:
            return visit.listing()

    def enter(self, secret, then=None):
        """See Visit.enter; ``then`` is what to do with the visit once it is in. Waits while the door is crowded."""
        deadline = time.time() + self.timeout
        while True:
            with self.visit() as visit:
                outcome, words = visit.enter(self.module, self.user, secret)
                if outcome == OPEN and then:
                    return OPEN, then(visit)
            if "max connections" not in words or time.time() > deadline:
                return outcome, words
            time.sleep(0.2)

    def begin(self, *options):
        """See Visit.begin."""
        arguments = ("--server",) + options + (".", self.module + "/")
        outcome, answer = self.enter(self.secret, lambda visit: visit.begin(arguments))
        if outcome != OPEN:
            raise NoDaemon("the right secret was not taken: %s" % answer)
        return answer

    def reads_back(self):
        """Whether it sends what it holds."""
        return b"module is write only" not in self.begin("--sender", PLAIN)[1]

    def takes(self, *options):
        """Whether a push with these options is let begin; an option that this rsync doesn't know is refused as well."""
        return self.begin(PLAIN, *options)[0]


def faults(door, refused):
    """What a write-only door of ours must not do, but this one does: lines, empty when all is well.

    :arg refused: options that it has to refuse
    :raises NoDaemon: it can't be tried
    """
    found = []
    if door.module in door.listed():
        found.append("anybody is told that module %s exists" % door.module)
    outcome, words = door.enter(door.secret[::-1] + "x")
    if outcome == DENIED:
        raise NoDaemon("not let in from here, which hosts allow should: %s" % (words or "the connection was closed"))
    if outcome == NO_AUTH:
        return found + ["it lets in without a secret"]
    if outcome == OPEN:
        found.append("it takes a wrong secret")
    outcome, words = door.enter(door.secret)
    if outcome != OPEN:
        return found + ["it does not take the right secret: %s" % words]
    if door.reads_back():
        found.append("what it holds can be read back")
    if not door.takes():
        # Without this the refusals below would prove nothing.
        found.append("it does not let a plain push begin")
    pool = ThreadPool(VISITS_AT_ONCE)
    try:
        taken = pool.map(door.takes, refused)
    finally:
        pool.terminate()
    found.extend("it takes %s" % refused[position] for position, takes in enumerate(taken) if takes)
    return found
