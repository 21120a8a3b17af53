# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The activator over real files: a whole signed cut is shown, everything else leaves what is shown as it was."""

from __future__ import absolute_import, division, print_function, unicode_literals

import errno
import gzip
import hashlib
import io
import json
import os
import shutil
import sys
import unittest

import mirror as mirrors
from ansible_collections.iepc.prep.plugins.module_utils.cuts import activate, manifest, shelf

__metaclass__ = type

OPENING = mirrors.OPENING


def cut_of(minute, **more):
    """The files of a cut; most stay the same from one to the next."""
    files = {
        "index.html": ("<p>corte %d</p>" % minute).encode("ascii"),
        "datos/Mapim\xed/a.csv": b"casilla|voto\n" * 500,
        "logo.png": b"\x89PNG" * 1000,
    }
    files.update(more)
    return files


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Case(unittest.TestCase):
    """A mirror of its own for each test."""

    def setUp(self):
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        self.mirror = self.new()

    def new(self, **options):
        made = mirrors.Mirror(**options)
        self.addCleanup(made.remove)
        return made

    def shown(self):
        return os.path.basename(os.readlink(self.mirror.path("current"))).decode("ascii")

    def refused(self, *words):
        """Run; nothing new is shown and the public is told why."""
        before = self.shown() if os.path.lexists(self.mirror.path("current")) else "zero"
        status = self.mirror.activate()
        self.assertEqual(self.shown(), before)
        for word in words:
            self.assertIn(word, status["last_refusal"]["reason"])
        return status


class Shown(Case):
    def test_first_the_zero_state(self):
        status = self.mirror.activate()
        self.assertEqual((self.shown(), status["state"], status["cut"]), ("zero", "zero", None))
        self.assertEqual(self.mirror.read("current/index.html"), b"cero")
        self.assertEqual((status["drill"], status["index_sha256"]), (False, digest(b"cero")))

    def test_a_signed_cut(self):
        cut = self.mirror.push(cut_of(15), minute=15)
        self.mirror.now = OPENING + 16 * 60
        status = self.mirror.activate()
        self.assertTrue(self.mirror.sound)
        self.assertEqual(status["state"], "cut")
        self.assertEqual(status["cut"]["id"], cut["id"])
        self.assertEqual(status["cut"]["clock"], "2022-06-05T20:15:00-05:00")
        self.assertEqual(status["since"], "2022-06-06T01:16:00Z")
        self.assertIsNone(status["last_refusal"])
        self.assertEqual((status["drill"], status["index_sha256"]), (False, digest(cut_of(15)["index.html"])))
        for path, data in cut_of(15).items():
            self.assertEqual(self.mirror.read("current/" + path), data)
        self.assertEqual(os.stat(self.mirror.path("current/index.html")).st_mtime, OPENING + 15 * 60)
        self.assertFalse(os.path.exists(self.mirror.path("trigger/pushed")))
        shown = self.mirror.log()[-1]
        self.assertEqual((shown["event"], shown["cut"], shown["sender"]), ("shown", cut["id"], "192.0.2.10"))

    def test_what_is_served_is_not_what_rsync_can_write(self):
        self.mirror.push(cut_of(1), minute=1)
        self.mirror.activate()
        with open(self.mirror.path("incoming/index.html"), "r+b") as stream:
            stream.write(b"FALSO")
        self.assertTrue(self.mirror.read("current/index.html").startswith(b"<p>"))

    def test_what_did_not_change_is_one_file_on_disk(self):
        for minute in (1, 2):
            self.mirror.push(dict(cut_of(minute)), minute=minute)
            # What an origin does: unchanged content keeps its time.
            value = json.loads(self.mirror.read("incoming/" + manifest.MANIFEST).decode("ascii"))
            value["files"]["logo.png"][2] = value["files"]["datos/Mapim\xed/a.csv"][2] = OPENING
            self.mirror.sign(manifest.build(value["cut"], value["files"]), "institute")
            self.mirror.activate()
        self.assertEqual(os.stat(self.mirror.path("current/logo.png")).st_nlink, 2)
        self.assertEqual(os.stat(self.mirror.path("current/index.html")).st_nlink, 1)
        self.assertEqual(os.stat(self.mirror.path("current/datos/Mapim\xed/a.csv.gz")).st_nlink, 2)

    def test_texts_have_a_compressed_twin(self):
        self.mirror.push(cut_of(1), minute=1)
        self.mirror.activate()
        twin = self.mirror.read("current/datos/Mapim\xed/a.csv.gz")
        with gzip.GzipFile(fileobj=io.BytesIO(twin)) as stream:
            self.assertEqual(stream.read(), cut_of(1)["datos/Mapim\xed/a.csv"])
        for path in ("logo.png.gz", "index.html.gz"):  # an image; a page of a few bytes
            self.assertFalse(os.path.exists(self.mirror.path("current/" + path)))

    def test_the_page_s_digest_is_the_signed_one_whatever_lies_on_the_disk(self):
        self.mirror.push(cut_of(1), minute=1)
        signed = self.mirror.activate()["index_sha256"]
        self.mirror.write("current/index.html", b"<p>FALSO</p>")
        self.mirror.now += 30
        self.assertEqual(self.mirror.activate()["index_sha256"], signed)

    def test_the_state_tells_of_a_suspension_and_cuts_go_on_arriving(self):
        self.assertIsNone(self.mirror.activate()["suspended"])
        told = {"authority": "IEPC", "reason": "revisi\xf3n", "since": "2022-06-05T20:31:00-05:00"}
        self.mirror.write("suspension/suspension.json", json.dumps(told).encode("ascii"))
        self.assertIsNone(self.mirror.activate()["suspended"])  # the notice is the flag
        self.mirror.write("suspension/notice.html", b"<p>aviso</p>")
        cut = self.mirror.push(cut_of(1), minute=1)
        status = self.mirror.activate()
        self.assertEqual((status["suspended"], status["cut"]["id"]), (told, cut["id"]))
        os.unlink(self.mirror.path("suspension/notice.html"))
        self.assertIsNone(self.mirror.activate()["suspended"])

    def test_twice_the_same_changes_nothing(self):
        self.mirror.push(cut_of(1), minute=1)
        first = self.mirror.activate()
        before = os.lstat(self.mirror.path("current")).st_ino, os.stat(self.mirror.path("state/status.json")).st_ino
        self.mirror.note()
        self.mirror.now += 60
        self.assertEqual(self.mirror.activate(), first)
        after = os.lstat(self.mirror.path("current")).st_ino, os.stat(self.mirror.path("state/status.json")).st_ino
        self.assertEqual(after, before)

    def test_old_cuts_go_and_what_is_shown_stays(self):
        ids = []
        for minute in range(1, 8):
            ids.append(self.mirror.push(cut_of(minute), minute=minute)["id"])
            self.mirror.activate()
        kept = sorted(os.listdir(self.mirror.path("cuts")))
        self.assertEqual([name.decode("ascii") for name in kept], ids[-3:] + ["zero"])
        # Even if it is the oldest.
        held = shelf.Shelf(self.mirror.root)
        held.show(ids[-3])
        held.tidy(1)
        self.assertTrue(os.path.exists(self.mirror.path("current/index.html")))
        self.assertEqual(len(os.listdir(self.mirror.path("cuts"))), 3)

    def test_both_keys_count_while_one_takes_the_others_place(self):
        self.mirror = self.new(keys=("institute", "next"))
        for minute, signer in ((1, "institute"), (2, "next")):
            cut = self.mirror.push(cut_of(minute), signer, minute=minute)
            self.assertEqual(self.mirror.activate()["cut"]["id"], cut["id"])
        self.mirror = self.new(keys=("institute",))
        cut = self.mirror.push(cut_of(1), minute=1)
        self.mirror.sign(self.mirror.read("incoming/" + manifest.MANIFEST), "next", "institute")
        self.assertEqual(self.mirror.activate()["cut"]["id"], cut["id"])


class Refused(Case):
    def setUp(self):
        Case.setUp(self)
        self.cut = self.mirror.push(cut_of(10), minute=10)
        self.mirror.activate()
        self.assertEqual(self.shown(), self.cut["id"])

    def test_a_file_that_is_missing_extra_or_altered(self):
        def missing():
            os.unlink(self.mirror.path("incoming/logo.png"))

        def extra():
            self.mirror.write("incoming/datos/ajeno.html", b"x")

        def altered():
            self.mirror.write("incoming/index.html", b"<p>corte 99</p>")

        def grown():
            self.mirror.write("incoming/index.html", b"x" * 1000)

        for break_it, said in (
            (missing, "missing: logo.png"), (extra, "extra: datos/ajeno.html"), (altered, "altered: index.html"),
            (grown, "altered: index.html"),
        ):  # fmt: skip
            self.mirror.push(cut_of(11), minute=11)
            break_it()
            status = self.refused(said)
            self.assertEqual(status["cut"]["id"], self.cut["id"])
            self.assertEqual(self.mirror.log()[-1]["event"], "refused")
        # The next whole push heals it.
        healed = self.mirror.push(cut_of(11), minute=11)
        status = self.mirror.activate()
        self.assertEqual((status["cut"]["id"], status["last_refusal"]), (healed["id"], None))

    def test_a_change_that_keeps_size_and_time(self):
        self.mirror.push(cut_of(11), minute=11)
        self.mirror.write("incoming/extra", b"")
        self.refused("extra")  # by now all digests are known
        info = os.stat(self.mirror.path("incoming/logo.png"))
        os.unlink(self.mirror.path("incoming/extra"))
        with open(self.mirror.path("incoming/logo.png"), "r+b") as stream:
            stream.write(b"\x88")
        os.utime(self.mirror.path("incoming/logo.png"), (info.st_atime, info.st_mtime))
        self.mirror.note()
        self.refused("altered: logo.png")

    def test_many_differences_are_counted(self):
        self.mirror.push(cut_of(11), minute=11)
        for number in range(9):
            self.mirror.write("incoming/x%d" % number, b"")
        self.refused("extra: x0; extra: x1; extra: x2; and 6 more")

    def test_a_signature_by_another_key_or_of_another_manifest(self):
        self.mirror.push(cut_of(11), "stranger", minute=11)
        self.refused("none of this mirror's")
        # In the institute's name, with another's signature.
        data = self.mirror.read("incoming/" + manifest.SIGNATURE)
        forged = list(manifest.parse_signatures(data).values())[0]
        name = manifest.key_name(mirrors.key("institute")[1])
        self.mirror.write("incoming/" + manifest.SIGNATURE, manifest.build_signatures({name: forged}))
        self.mirror.note()
        self.refused("not that of this manifest")
        self.mirror.push(cut_of(11), minute=11)
        self.mirror.write("incoming/" + manifest.MANIFEST, self.mirror.read("incoming/" + manifest.MANIFEST) + b" ")
        self.refused("not that of this manifest")

    def test_without_manifest_or_signature(self):
        self.mirror.push(cut_of(11), minute=11)
        os.unlink(self.mirror.path("incoming/" + manifest.SIGNATURE))
        self.refused("signature: there is none")
        os.unlink(self.mirror.path("incoming/" + manifest.MANIFEST))
        self.mirror.note()
        self.refused("missing: prep-manifest.json")

    def test_an_older_cut(self):
        self.mirror.push(cut_of(9), minute=9)
        self.refused("older")
        # Of the same clock, made before the one that is shown.
        self.mirror.push(cut_of(10, more=b"x"), minute=10, made=self.cut["made"] - 1)
        self.refused("older")

    def test_a_correction_with_the_same_clock(self):
        cut = self.mirror.push(cut_of(10, more=b"x"), minute=10, made=self.cut["made"] + 60)
        self.assertEqual(self.mirror.activate()["cut"]["id"], cut["id"])

    def test_links_devices_pipes_and_directories_in_a_files_place(self):
        outside = self.mirror.path("outside")
        self.mirror.write("outside", cut_of(11)["index.html"])

        def link(path):
            os.symlink(outside, path)

        def linked_directory(path):
            os.unlink(path)
            shutil.move(self.mirror.path("incoming/datos"), self.mirror.path("elsewhere"))
            os.symlink(self.mirror.path("elsewhere"), self.mirror.path("incoming/datos"))
            self.mirror.write("incoming/index.html", cut_of(11)["index.html"])

        for make in (link, os.mkfifo, os.mkdir, linked_directory):
            self.mirror.push(cut_of(11), minute=11)
            if make is not linked_directory:
                os.unlink(self.mirror.path("incoming/index.html"))
            make(self.mirror.path("incoming/index.html"))
            self.refused("datos" if make is linked_directory else "index.html")
            if make is linked_directory:
                os.unlink(self.mirror.path("incoming/datos"))

    def test_the_manifest_behind_a_link_or_without_end(self):
        self.mirror.push(cut_of(11), minute=11)
        path = self.mirror.path("incoming/" + manifest.MANIFEST)
        os.rename(path, self.mirror.path("manifest-outside"))
        os.symlink(self.mirror.path("manifest-outside"), path)
        self.refused("prep-manifest.json: expected a plain file")
        os.unlink(path)
        with open(path, "wb") as out:
            out.truncate(2 ** 40)
        self.mirror.note()
        self.refused("expected at most")

    def test_a_sparse_bomb_is_not_read(self):
        self.mirror.push(cut_of(11), minute=11)
        with open(self.mirror.path("incoming/index.html"), "wb") as out:
            out.truncate(2 ** 42)
        self.refused("altered: index.html")

    def test_names_that_are_no_text_or_command_a_terminal(self):
        self.mirror.push(cut_of(11), minute=11)
        self.mirror.write("incoming/\x1b[2Jx", b"")
        with open(os.path.join(self.mirror.path("incoming"), b"\xff\xfe"), "wb"):
            pass
        status = self.refused("extra: ?[2Jx", "not UTF-8")
        self.assertNotIn("\x1b", status["last_refusal"]["reason"])

    def test_a_push_under_way_is_left_alone(self):
        self.mirror.push(cut_of(11), minute=11, note=False)
        os.unlink(self.mirror.path("incoming/logo.png"))
        self.mirror.now = os.stat(self.mirror.path("incoming/" + manifest.MANIFEST)).st_ctime + 10
        self.assertIsNone(self.mirror.activate()["last_refusal"])

    def test_a_lost_note_is_made_up_for(self):
        cut = self.mirror.push(cut_of(11), minute=11, note=False)
        self.mirror.now = os.stat(self.mirror.path("incoming/" + manifest.MANIFEST)).st_ctime + 60
        self.assertEqual(self.mirror.activate()["cut"]["id"], cut["id"])

    def test_a_refusal_is_said_once(self):
        self.mirror.push(cut_of(9), minute=9)
        first = self.refused("older")
        lines = len(self.mirror.log())
        self.mirror.now += 30
        self.assertEqual(self.mirror.activate(), first)
        self.assertEqual(len(self.mirror.log()), lines)
        # To whoever pushes it again, it is said again.
        self.mirror.note()
        self.assertGreater(self.refused("older")["serial"], first["serial"])

    def test_a_full_disk_leaves_what_is_shown_and_heals(self):
        cut = self.mirror.push(cut_of(11), minute=11)
        before = shelf._all_to_disk

        def full(directory, paths):
            raise OSError(errno.ENOSPC, "No space left on device")

        shelf._all_to_disk = full
        try:
            held = activate.replace
            activate.replace = lambda path, data, mode: self.mirror.write(os.path.relpath(path, self.mirror.root), data)
            status = self.refused("error", "No space left")
            self.assertFalse(self.mirror.sound)
        finally:
            shelf._all_to_disk, activate.replace = before, held
        self.assertEqual(status["cut"]["id"], self.cut["id"])
        self.assertNotIn(b".new", os.listdir(self.mirror.path("cuts")))
        # Without another push.
        self.mirror.now += 30
        self.assertEqual(self.mirror.activate()["cut"]["id"], cut["id"])


class Gate(Case):
    def test_no_real_cut_before_the_opening(self):
        self.mirror.activate()
        self.mirror.push(cut_of(1), minute=1, epoch=OPENING - 60)
        self.refused("before the opening")
        cut = self.mirror.push(cut_of(2), minute=2)
        self.mirror.now = OPENING - 1
        self.refused("the publication opens at 2022-06-06T01:00:00Z")
        # A clock that was an hour off, or an early push: shown once it is time, without hands.
        self.mirror.now = OPENING + 1
        self.assertEqual(self.mirror.activate()["cut"]["id"], cut["id"])
        # And never taken back for a clock that jumps.
        self.mirror.now = OPENING - 3600
        self.assertEqual(self.mirror.activate()["cut"]["id"], cut["id"])

    def test_a_mirror_that_was_told_no_opening(self):
        self.mirror = self.new(opening=0)
        self.mirror.push(cut_of(1), minute=1)
        self.mirror.activate()
        self.assertEqual(self.shown(), "zero")

    def test_a_drill_within_its_hours(self):
        self.mirror = self.new(drills=[[OPENING - 9000, OPENING - 7000]])
        self.mirror.now = OPENING - 9001
        cut = self.mirror.push(cut_of(1), minute=1, drill=True, epoch=OPENING - 90000)
        self.mirror.activate()
        self.refused("no drill is on")
        self.mirror.now = OPENING - 9000
        self.assertEqual(self.mirror.activate()["cut"]["id"], cut["id"])
        self.mirror.push(cut_of(2), minute=2)
        self.refused("opens at")
        # Afterwards nothing of it is left to be seen.
        self.mirror.now = OPENING - 7000
        self.assertEqual(self.mirror.activate()["state"], "zero")
        self.assertEqual(self.shown(), "zero")

    def test_a_real_cut_follows_a_drills_and_never_the_other_way(self):
        self.mirror = self.new(drills=[[OPENING, OPENING + 9000]])
        self.mirror.push(cut_of(30), minute=30, drill=True)
        self.assertTrue(self.mirror.activate()["cut"]["drill"])
        self.mirror.push(cut_of(5), minute=5)
        self.assertFalse(self.mirror.activate()["cut"]["drill"])
        self.mirror.push(cut_of(31), minute=31, drill=True)
        self.refused("a real one, is shown")


class Recovery(Case):
    def test_after_a_loss_of_power(self):
        first = self.mirror.push(cut_of(1), minute=1)["id"]
        self.mirror.activate()
        self.mirror.push(cut_of(2), minute=2)
        self.mirror.activate()
        for name in ("activator.json", "hashes.json", "status.json"):
            self.mirror.write("state/" + name, b"\0\0\0")
        shutil.rmtree(os.path.realpath(self.mirror.path("current")))
        self.mirror.write("cuts/.new/index.html", b"half")
        self.mirror.write("cuts/.gz/0", b"half")
        shutil.rmtree(self.mirror.path("incoming"))
        os.mkdir(self.mirror.path("incoming"))
        status = self.mirror.activate()
        self.assertEqual((self.shown(), status["cut"]["id"]), (first, first))
        self.assertEqual(sorted(os.listdir(self.mirror.path("cuts"))), [first.encode("ascii"), b"zero"])

    def test_where_the_disk_can_t_be_asked_at_once(self):
        """Each file by itself, as where ctypes does not load."""
        asked, before = [], shelf._to_disk

        class Nothing(object):
            def CDLL(self, name):
                raise MemoryError()

        held = sys.modules.get("ctypes")
        sys.modules["ctypes"] = Nothing()
        shelf._to_disk = lambda path: asked.append(path) or before(path)
        try:
            cut = self.mirror.push(cut_of(1), minute=1)
            self.assertEqual(self.mirror.activate()["cut"]["id"], cut["id"])
        finally:
            shelf._to_disk = before
            del sys.modules["ctypes"]
            if held:
                sys.modules["ctypes"] = held
        self.assertTrue(any(path.endswith(b"index.html") for path in asked))
        self.assertTrue(any(path.endswith(b"datos") or b"/.gz/" in path for path in asked))

    def test_killed_at_any_step(self):
        """Whatever call is the last one, readers get a whole cut, and the next run finishes it."""

        class Killed(BaseException):
            """No handler of the program's own catches it."""

        self.mirror.push(cut_of(1), minute=1)
        self.mirror.activate()
        names = ("link", "mkdir", "rename", "symlink", "unlink", "utime", "fsync")
        real = dict((name, getattr(os, name)) for name in names)
        step = 0
        while True:
            step += 3
            wanted = self.mirror.push(cut_of(2, extra=b"x" * step), minute=2, made=OPENING + 500 + step)
            left = [step]

            def counted(name, left=left):
                def call(*words, **options):
                    left[0] -= 1
                    if left[0] <= 0:
                        raise Killed()
                    return real[name](*words, **options)

                return call

            for name in names:
                setattr(os, name, counted(name))
            try:
                self.mirror.activate()
                done = True
            except Killed:
                done = False
            finally:
                for name in names:
                    setattr(os, name, real[name])
            shown = json.loads(self.mirror.read("current/" + manifest.MANIFEST).decode("ascii"))
            for path in shown["files"]:
                self.assertEqual(len(self.mirror.read("current/" + path)), shown["files"][path][1])
            self.mirror.note()
            self.assertEqual(self.mirror.activate()["cut"]["id"], wanted["id"])
            if done:
                break
        self.assertGreater(step, 20)


if __name__ == "__main__":
    unittest.main()
