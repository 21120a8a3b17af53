# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The activator of a mirror: takes what was pushed, shows it if it is a whole signed cut whose time has
come, and says in public what it shows and why not more.

    python activate.py [--check] CONFIG.json

Run by systemd as an account of its own, when rsync's daemon has left a note that a push ended, and
every half minute for what has to happen without a push: the opening, the end of a drill, a clock
that was wrong, a disk that was full, a note that was lost.

Whatever fails, what was shown stays. Each run works out its state anew, so one that was killed
or lost power is finished by the next.
"""

from __future__ import absolute_import, division, print_function

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from ansible_collections.iepc.prep.plugins.module_utils.cuts import gate, manifest
from ansible_collections.iepc.prep.plugins.module_utils.cuts.incoming import Incoming, Unusable
from ansible_collections.iepc.prep.plugins.module_utils.cuts.shelf import ZERO, Shelf, replace

__metaclass__ = type

# A note that rsync's daemon could not leave is done without once nothing has moved for so long.
SILENCE_S = 45
DIFFERENCES_SHOWN = 3
REASON_LENGTH = 400
LOG_BYTES = 5 * 1024 * 1024
NOTHING = {"serial": 0, "considered": None, "accepted": False, "since": None, "previous": None, "refusal": None,
           "compressed": None}  # fmt: skip


class Refused(Exception):
    """A push that is not shown: one line."""


class Activator(object):
    """One run.

    :arg config: root, opening, drills, keys (PEM texts), keep, compress (extensions), opening_text, openssl,
        zero_sha256
    :arg say: where log lines go besides the log; standard output is the journal
    """

    def __init__(self, config, now=None, say=None):
        self.config = config
        self.say = say or to_the_journal
        self.now = time.time() if now is None else now
        self.shelf = Shelf(config["root"])
        self.state_dir = os.path.join(config["root"], "state")
        self.state = dict(NOTHING, **self._load("activator.json", {}))
        self.cache = self._load("hashes.json", {})

    def run(self):
        """Do all that there is to do; say whether nothing went wrong in doing it."""
        sender = self._take_note()
        self.shelf.forget_half()
        self._recover()
        if gate.withdrawn(self._shown_cut(), self.config, self.now):
            self._show(ZERO, "withdrawn", reason="the drill is over")
        sound = True
        try:
            self._consider(sender)
        except Refused as problem:
            self._refuse(problem.args[0], sender)
        except Exception as problem:  # a full disk, an unreadable file: the cut waits, and the next run tries again
            traceback.print_exc()
            self._refuse("error: %s" % " ".join(str(problem).split()), sender)
            sound = False
        self._save()
        self._afterwards()
        return sound

    def _take_note(self):
        """Remove the note that a push ended; the address it names, None if there is no note.

        Before anything is read: what arrives from now on leaves a new one.
        """
        path = os.path.join(self.config["root"], "trigger", "pushed")
        try:
            with open(path, "rb") as stream:
                text = stream.read(100)
            os.unlink(path)
        except (IOError, OSError):
            return None
        return "".join(chr(byte) for byte in bytearray(text) if 32 < byte < 127) or "unknown"

    def _recover(self):
        """Show something whole, whatever an interrupted run or a person left."""
        if self.shelf.shown() is None:
            whole = [one for one in self.shelf.names() if self._may_stay(one)]
            self._show(whole[0] if whole else ZERO, "recovered")

    def _may_stay(self, name):
        return gate.refusal(self.shelf.manifest_of(name)["cut"], None, self.config, self.now) is None

    def _shown_cut(self):
        known = self.shelf.manifest_of(self.shelf.shown() or ZERO)
        return known["cut"] if known else None

    def _consider(self, sender):
        """Show what was pushed, if it may be.

        :raises Refused: it may not
        """
        started = time.time()
        incoming = Incoming(os.path.join(self.config["root"], "incoming"), self.cache)
        try:
            data = incoming.small(manifest.MANIFEST, manifest.MANIFEST_BYTES)
            if data is None:
                if sender:
                    self.state["considered"] = None
                    raise Refused("missing: %s" % manifest.MANIFEST)
                return
            digest = hashlib.sha256(data).hexdigest()
            again = digest == self.state["considered"]
            quiet = incoming.age(manifest.MANIFEST, self.now) >= SILENCE_S
            if not sender and (self.state["accepted"] if again else not quiet):
                return  # nothing new, or a push that is still under way
            self.state["considered"], self.state["accepted"] = digest, False
            signature = incoming.small(manifest.SIGNATURE, manifest.SIGNATURE_BYTES)
            wanted = self._vouched(data, signature)
            cut = wanted["cut"]
            reason = gate.refusal(cut, self._shown_cut(), self.config, self.now)
            if reason:
                raise Refused(reason)
            self._compare(incoming, wanted["files"])
            if cut["id"] != self.shelf.shown():
                self.shelf.build(wanted, data, signature, incoming.copy)
                self._show(cut["id"], "shown", sender=sender, seconds=round(time.time() - started, 3))
            self.state["accepted"], self.state["refusal"] = True, None
        except Unusable as problem:
            raise Refused(problem.args[0])
        except manifest.ManifestError as problem:
            raise Refused("manifest: %s" % problem.args[0])
        finally:
            incoming.close()

    def _vouched(self, data, signature):
        """The manifest, once a key of the institute's was found to have signed exactly these bytes."""
        if signature is None:
            raise Refused("signature: there is none")
        signatures = manifest.parse_signatures(signature)
        keys = dict((manifest.key_name(pem), pem) for pem in self.config["keys"])
        common = sorted(set(keys) & set(signatures))
        if not common:
            raise Refused("signature: by key %s, which is none of this mirror's" % ", ".join(sorted(signatures)))
        # What openssl reads are copies that nobody else can reach.
        place = tempfile.mkdtemp(prefix="prep-")
        try:
            for name in common:
                paths = []
                for content in (keys[name].encode("ascii"), signatures[name], data):
                    paths.append(os.path.join(place, str(len(paths))))
                    with open(paths[-1], "wb") as out:
                        out.write(content)
                words = [self.config["openssl"], "dgst", "-sha256", "-verify", paths[0], "-signature", paths[1]]
                with open(os.devnull, "r+b") as nothing:
                    if subprocess.call(words + [paths[2]], stdin=nothing, stdout=nothing, stderr=nothing) == 0:
                        return manifest.parse(data)
        finally:
            shutil.rmtree(place, ignore_errors=True)
        raise Refused("signature: it is not that of this manifest")

    def _compare(self, incoming, files):
        lines = manifest.differences(files, incoming.survey(files))
        if lines:
            more = len(lines) - DIFFERENCES_SHOWN
            raise Refused("; ".join(lines[:DIFFERENCES_SHOWN]) + ("; and %d more" % more if more > 0 else ""))

    def _show(self, name, event, **words):
        before = self.shelf.shown()
        self.shelf.show(name)
        self.state.update(since=int(self.now), previous=before, serial=self.state["serial"] + 1)
        self._log(event, cut=name, before=before, **words)

    def _refuse(self, reason, sender):
        reason = printable(reason)[:REASON_LENGTH]
        last = self.state["refusal"] or {}
        if not sender and (last.get("manifest_sha256"), last.get("reason")) == (self.state["considered"], reason):
            return  # said already
        self.state["serial"] += 1
        self.state["refusal"] = {
            "at": gate.utc(self.now), "manifest_sha256": self.state["considered"], "reason": reason,
            "serial": self.state["serial"],
        }  # fmt: skip
        self._log("refused", manifest_sha256=self.state["considered"], reason=reason, sender=sender)

    def status(self):
        """What the public is told."""
        cut = self._shown_cut()
        shown = dict((key, cut[key]) for key in ("id", "clock", "epoch", "drill", "made", "previous")) if cut else None
        return {
            "schema": 1,
            "state": "cut" if cut else "zero",
            "cut": shown,
            "drill": bool(cut and cut["drill"]),
            "index_sha256": self._index_sha256(),
            "since": gate.utc(self.state["since"]) if self.state["since"] else None,
            "suspended": self._suspension(),
            "serial": self.state["serial"],
            "last_refusal": self.state["refusal"],
            "keys": sorted(manifest.key_name(pem) for pem in self.config["keys"]),
            "opening": self.config["opening_text"],
        }

    def _suspension(self):
        """Why the web server shows a notice in place of what is shown; None if it doesn't.

        Root puts the notice there; this program only tells of it.
        """
        place = os.path.join(self.config["root"], "suspension")
        if not os.path.exists(os.path.join(place, "notice.html")):
            return None
        told = self._load(os.path.join(place, "suspension.json"), {})
        return dict((key, printable(told.get(key) or "")) for key in ("authority", "reason", "since"))

    def _index_sha256(self):
        """The digest of the page that readers are to get first: as it was signed, not as it lies on the disk."""
        known = self.shelf.manifest_of(self.shelf.shown() or ZERO)
        return known["files"].get("index.html", [None])[0] if known else self.config["zero_sha256"]

    def _save(self):
        for name, value, mode in (
            ("hashes.json", self.cache, 0o600),
            ("activator.json", self.state, 0o600),
            ("status.json", self.status(), 0o644),
        ):
            data = (json.dumps(value, sort_keys=True) + "\n").encode("ascii")
            path = os.path.join(self.state_dir, name)
            if self._bytes(path) != data:
                replace(path, data, mode)

    def _afterwards(self):
        """What nobody waits for, and readers least of all."""
        os.nice(10)
        shown = self.shelf.shown()
        if shown not in (None, ZERO, self.state["compressed"]):
            self.shelf.compress(shown, self.config["compress"])
            self.state["compressed"] = shown
            self._save()
        self.shelf.tidy(self.config["keep"])

    def _log(self, event, **words):
        """A line in the activator's own log, and in the journal."""
        line = json.dumps(dict(words, at=gate.utc(self.now), event=event), sort_keys=True)
        self.say(line)
        path = os.path.join(self.state_dir, "activations.log")
        try:
            if os.path.exists(path) and os.path.getsize(path) > LOG_BYTES:
                os.rename(path, path + ".1")
            with open(path, "ab") as stream:
                stream.write((line + "\n").encode("ascii"))
        except (IOError, OSError) as problem:
            sys.stderr.write("activations.log: %s\n" % problem)

    def _load(self, name, otherwise):
        try:
            value = json.loads((self._bytes(os.path.join(self.state_dir, name)) or b"").decode("utf-8"))
        except ValueError:
            return otherwise
        return value if isinstance(value, dict) else otherwise

    @staticmethod
    def _bytes(path):
        try:
            with open(path, "rb") as stream:
                return stream.read()
        except (IOError, OSError):
            return None


def to_the_journal(line):
    """Standard output, where systemd reads."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def printable(text):
    """Text that can do nothing to a terminal or a page."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return u"".join(letter if 32 <= ord(letter) < 127 or ord(letter) > 160 else u"?" for letter in text)


def main(path, only_check=False):
    """Run once, alone; or only see whether the configuration could be worked with."""
    os.umask(0o022)
    with open(path, "rb") as stream:
        config = json.loads(stream.read().decode("utf-8"))
    if only_check:
        for pem in config["keys"]:
            manifest.key_name(pem)
        return subprocess.call([config["openssl"], "version"])
    with open(os.path.join(config["root"], "state", "lock"), "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if Activator(config).run() else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[-1], "--check" in sys.argv))
