# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A mirror's directories and an origin that pushes into them, for the activator's tests: real files, real openssl."""

from __future__ import absolute_import, division, print_function, unicode_literals

import hashlib
import json
import os
import shutil
import subprocess
import tempfile

from ansible_collections.iepc.prep.plugins.module_utils.cuts import manifest
from ansible_collections.iepc.prep.plugins.module_utils.cuts.activate import Activator

__metaclass__ = type

OPENING = 1654477200
KEYS = {}


def key(name):
    """(path of the private key, public key in PEM) of one of the tests' keys; made once."""
    if name not in KEYS:
        directory = tempfile.mkdtemp(prefix="prep-test-key-")
        path = os.path.join(directory, "key.pem")
        subprocess.check_call(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path])
        public = subprocess.check_output(["openssl", "ec", "-in", path, "-pubout"], stderr=subprocess.PIPE)
        KEYS[name] = (path, public.decode("ascii"))
    return KEYS[name]


class Mirror(object):
    """A mirror's tree below a temporary directory."""

    def __init__(self, keys=("institute",), drills=(), opening=OPENING):
        self.root = tempfile.mkdtemp(prefix="prep-mirror-")
        for name in ("incoming", "cuts/zero", "state", "trigger"):
            os.makedirs(os.path.join(self.root, name))
        self.write("cuts/zero/index.html", b"cero")
        self.config = {
            "root": self.root, "keys": [key(name)[1] for name in keys], "opening": opening, "drills": list(drills),
            "keep": 3, "compress": ["html", "csv", "json"], "opening_text": "domingo", "openssl": "openssl",
            "zero_sha256": hashlib.sha256(b"cero").hexdigest(),
        }  # fmt: skip
        self.now = OPENING + 600

    def remove(self):
        shutil.rmtree(self.root.encode("utf-8"))

    def path(self, name):
        return os.path.join(self.root, name).encode("utf-8")

    def write(self, name, data):
        if not os.path.isdir(os.path.dirname(self.path(name))):
            os.makedirs(os.path.dirname(self.path(name)))
        with open(self.path(name), "wb") as out:
            out.write(data)

    def read(self, name):
        with open(self.path(name), "rb") as stream:
            return stream.read()

    def push(self, files, signer="institute", minute=0, note=True, **changed):
        """Fill incoming as an origin's rsync does; the cut."""
        for name in os.listdir(self.path("incoming")):
            path = os.path.join(self.path("incoming"), name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        entries = {}
        for path, data in files.items():
            self.write("incoming/" + path, data)
            entries[path] = [hashlib.sha256(data).hexdigest(), len(data), OPENING + minute * 60]
        wall = "2022-06-05 20:%02d" % minute
        cut = {
            "clock": wall.replace(" ", "T") + ":00-05:00", "drill": False, "epoch": OPENING + minute * 60,
            "made": OPENING + minute * 60 + 5, "previous": None,
        }  # fmt: skip
        cut.update(changed)
        cut["id"] = manifest.cut_id(cut["clock"][:16].replace("T", " "), entries, cut["drill"], cut["made"])
        self.sign(manifest.build(cut, entries), signer)
        if note:
            self.note()
        return cut

    def sign(self, data, *signers):
        self.write("incoming/" + manifest.MANIFEST, data)
        signatures = {}
        for signer in signers:
            path, public = key(signer)
            signatures[manifest.key_name(public)] = subprocess.check_output(
                ["openssl", "dgst", "-sha256", "-sign", path, self.path("incoming/" + manifest.MANIFEST)]
            )
        self.write("incoming/" + manifest.SIGNATURE, manifest.build_signatures(signatures))

    def note(self):
        self.write("trigger/pushed", b"192.0.2.10\n")

    def activate(self):
        """One run; what the public is told then."""
        self.sound = Activator(self.config, self.now, say=lambda line: None).run()
        return json.loads(self.read("state/status.json").decode("ascii"))

    def log(self):
        return [json.loads(line) for line in self.read("state/activations.log").decode("ascii").splitlines()]
