# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The door's check, against a daemon that says what rsync 3.1.2 and 3.5.0 were heard to say."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import hashlib
import socket
import struct
import threading
import unittest

from ansible_collections.iepc.prep.plugins.module_utils import rsync_client

SECRET = "a-Secret-0123456789"
FLAGS_AND_SEED = b"\x02\x82\xca\x05k"


def frame(kind, data):
    """A frame as the daemon sends it."""
    return struct.pack("<I", ((7 + kind) << 24) | len(data)) + data


class Daemon(object):
    """A listening socket and what its daemon does; `ways` override a door that is as it should be."""

    def __init__(self, greeting=b"@RSYNCD: 31.0", **ways):
        self.ways = dict({"listed": [], "auth": True, "takes_any": False, "readable": False, "refused": ["--inplace"],
                          "denied": False, "silent_refusal": True, "pushes": True, "crowded": 0}, **ways)
        self.greeting = greeting
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(5)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.daemon = True
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except (OSError, socket.error):
                return
            try:
                self.answer(connection, connection.makefile("rb", 0))
            except (OSError, socket.error):
                pass
            connection.close()

    def answer(self, connection, stream):
        connection.sendall(self.greeting + b"\n")
        digest = stream.readline().split()[2:] or [b"md5"]
        asked = stream.readline().strip()
        if not asked:
            return
        if asked == b"#list":
            connection.sendall(b"".join(name + b"\t PREP\n" for name in self.ways["listed"]) + b"@RSYNCD: EXIT\n")
            return
        if self.ways["denied"]:
            connection.sendall(b"@ERROR: Unknown module 'prep'\n")
            return
        if self.ways["crowded"]:
            self.ways["crowded"] -= 1
            connection.sendall(b"@ERROR: max connections (1) reached -- try again later\n")
            return
        if self.ways["auth"]:
            connection.sendall(b"@RSYNCD: AUTHREQD chAllenGe\n")
            given = stream.readline().split()[1]
            right = hashlib.new(digest[0].decode("ascii"), SECRET.encode("ascii") + b"chAllenGe").digest()
            if not self.ways["takes_any"] and given != base64.b64encode(right).rstrip(b"="):
                connection.sendall(b"@ERROR: auth failed on module prep\n")
                return
        connection.sendall(b"@RSYNCD: OK\n")
        arguments = b""
        while not arguments.endswith(b"\0\0"):
            got = connection.recv(1)
            if not got:
                return
            arguments += got
        arguments = arguments.decode("ascii").split("\0")
        if any(option in arguments for option in self.ways["refused"]):
            said = b"" if self.ways["silent_refusal"] else frame(3, b"rsync: The server is configured to refuse X\n")
            connection.sendall(FLAGS_AND_SEED + said)
            return
        connection.sendall(FLAGS_AND_SEED + frame(33, struct.pack("<I", 60)))
        if "--sender" in arguments and not self.ways["readable"]:
            connection.sendall(frame(3, b"ERROR: module is write only\n") + frame(86, struct.pack("<I", 1)))
        elif "--sender" not in arguments and not self.ways["pushes"]:
            return
        stream.read(1)  # as a daemon waits for more; the other side hangs up


class Check(unittest.TestCase):
    def faults(self, tried=("--inplace",), **ways):
        daemon = Daemon(**ways)
        try:
            door = rsync_client.Door("127.0.0.1", daemon.port, "prep", "iepc", SECRET, timeout=1.0)
            return rsync_client.faults(door, tried)
        finally:
            daemon.listener.close()

    def test_a_door_as_it_should_be(self):
        self.assertEqual(self.faults(), [])
        self.assertEqual(self.faults(silent_refusal=False), [])
        self.assertEqual(self.faults(greeting=b"@RSYNCD: 32.0 sha512 sha256 md5 md4"), [])

    def test_each_weakness_is_named(self):
        for said, ways in (
            ("anybody is told that module prep exists", {"listed": [b"prep"]}),
            ("without a secret", {"auth": False}),
            ("takes a wrong secret", {"takes_any": True}),
            ("can be read back", {"readable": True}),
            ("it takes --inplace", {"refused": []}),
        ):
            self.assertIn(said, "; ".join(self.faults(**ways)))

    def test_a_crowded_door_is_waited_for(self):
        self.assertEqual(self.faults(crowded=2), [])

    def test_what_cannot_be_tried_is_no_pass(self):
        with self.assertRaises(rsync_client.NoDaemon):
            self.faults(denied=True)
        with self.assertRaises(rsync_client.NoDaemon):
            self.faults(greeting=b"SSH-2.0-OpenSSH_7.4")
        door = rsync_client.Door("127.0.0.1", 1, "prep", "iepc", SECRET, timeout=1.0)
        with self.assertRaises(rsync_client.NoDaemon):
            rsync_client.faults(door, ())


if __name__ == "__main__":
    unittest.main()
