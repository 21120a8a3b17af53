# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The manifest: the same bytes for the same cut, and nothing in it that could leave its tree."""

from __future__ import absolute_import, division, print_function, unicode_literals

import json
import unittest

from ansible_collections.iepc.prep.plugins.module_utils.cuts import manifest

__metaclass__ = type

SHA = "0" * 64
FILES = {"index.html": [SHA, 10, 1654477200], "datos/a.csv": ["1" * 64, 0, 1654477200]}
CUT = {
    "id": "20220605_2015-0123abcd", "clock": "2022-06-05T20:15:00-05:00", "epoch": 1654478100, "drill": False,
    "made": 1654478110, "previous": None,
}  # fmt: skip
PUBLIC = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHm0tdDwRzDT+fnnGZ0RGZbkvbvbr
Zo1pCkqTVs2qnJyGf0WmzfFyQvz2n0oKk4UNcCgmqLCpTzJlVLBpwOXO4g==
-----END PUBLIC KEY-----
"""


def changed(**parts):
    """A manifest's bytes, with some parts of it replaced."""
    value = {"schema": 1, "cut": CUT, "files": FILES}
    value.update(parts)
    return json.dumps(value).encode("utf-8")


class Manifest(unittest.TestCase):
    def test_the_same_content_has_the_same_bytes(self):
        one = manifest.build(CUT, FILES)
        other = manifest.build(dict(reversed(sorted(CUT.items()))), dict(reversed(sorted(FILES.items()))))
        self.assertEqual(one, other)
        self.assertEqual(manifest.parse(one)["files"], FILES)

    def test_the_id_follows_from_clock_files_and_purpose(self):
        def named(files=FILES, drill=False, made=7):
            return manifest.cut_id("2022-06-05 20:15", files, drill, made)

        self.assertTrue(named().startswith("20220605_2015-"))
        self.assertEqual(named(), named(dict(FILES, **{"index.html": [SHA, 10, 99]})))
        for other in (named(drill=True), named(made=8), named({"index.html": FILES["index.html"]})):
            self.assertNotEqual(named(), other)

    def test_paths_that_have_no_place_in_a_cut(self):
        for path in (
            "", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".htaccess", "a/.git/b", "a\nb", "a\x7fb", "a\\b",
            "\u0085", "prep-manifest.json", "prep-manifest.sig", "x" * 201, "/".join("abcdefghijklmnopqr"),
            ("d" * 100 + "/") * 4 + "x", None, 7,
        ):  # fmt: skip
            self.assertIsNotNone(manifest.path_problem(path), repr(path))
            if path is not None and path != 7:
                with self.assertRaises(manifest.ManifestError):
                    manifest.parse(changed(files={path: [SHA, 1, 1]}))
        for path in ("index.html", "datos/Mapimí/a b.csv", "a/prep-manifest.json", "x" * 200):
            self.assertIsNone(manifest.path_problem(path), path)

    def test_what_breaks_a_rule_is_refused(self):
        deep = ("[" * 100000).encode("ascii")
        for data in (
            b"", b"\xff", b"[]", b"{}", b"null", deep, changed(schema=2), changed(more=1), changed(files={}),
            changed(files=[]), changed(files={"a": [SHA, 1]}), changed(files={"a": ["x", 1, 1]}),
            changed(files={"a": [SHA, -1, 1]}), changed(files={"a": [SHA, True, 1]}),
            changed(files={"a": [SHA, 2 ** 40, 1]}),
            changed(files={"a": [SHA, 1, 1.5]}), changed(files={"a": [SHA, 1, 1], "a/b": [SHA, 1, 1]}),
            changed(files=dict(("f%d" % number, [SHA, 1, 1]) for number in range(manifest.MAX_FILES + 1))),
            changed(files=dict(("f%d" % number, [SHA, manifest.MAX_FILE_BYTES, 1]) for number in range(9))),
            changed(cut=None), changed(cut=dict(CUT, id="../../x")), changed(cut=dict(CUT, id=CUT["id"] + "\n")),
            changed(cut=dict(CUT, previous="x")), changed(cut=dict(CUT, drill=1)), changed(cut=dict(CUT, epoch="1")),
            changed(cut=dict(CUT, clock="2022-06-05T20:30:00-05:00")), changed(cut=dict(CUT, more=1)),
            b" " * (manifest.MANIFEST_BYTES + 1),
        ):  # fmt: skip
            with self.assertRaises(manifest.ManifestError):
                manifest.parse(data)
        manifest.parse(changed())

    def test_each_difference_is_named(self):
        found = {"index.html": SHA, "datos/a.csv": SHA, "datos/b.csv": SHA, "pipe": None}
        self.assertEqual(
            manifest.differences(FILES, found), ["extra: datos/b.csv", "extra: pipe", "altered: datos/a.csv"]
        )
        self.assertEqual(manifest.differences(FILES, {"index.html": SHA}), ["missing: datos/a.csv"])
        self.assertEqual(manifest.differences(FILES, dict((path, FILES[path][0]) for path in FILES)), [])

    def test_the_later_of_two_cuts(self):
        later_clock, corrected = dict(CUT, epoch=CUT["epoch"] + 60, made=1), dict(CUT, made=CUT["made"] + 1)
        self.assertTrue(manifest.order(CUT) < manifest.order(corrected) < manifest.order(later_clock))

    def test_directories_outmost_first(self):
        self.assertEqual(manifest.directories_of({"a/b/c": 0, "a/d": 0, "e": 0}), ["a", "a/b"])


class Signatures(unittest.TestCase):
    def test_two_keys_side_by_side(self):
        data = manifest.build_signatures({"0" * 16: b"\x30\x45one", "f" * 16: b"two"})
        self.assertEqual(manifest.parse_signatures(data), {"0" * 16: b"\x30\x45one", "f" * 16: b"two"})

    def test_what_is_none(self):
        name = b"0" * 16
        for data in (b"", b"{}", b"[]", b'{"keys": {}}', b'{"keys": {"../x": "AA=="}}',
                     b'{"keys": {"' + name + b'": 1}}', b'{"keys": {"' + name + b'": "\\u00e9"}}',
                     b" " * 9000):  # fmt: skip
            with self.assertRaises(manifest.ManifestError):
                manifest.parse_signatures(data)

    def test_a_key_is_named_by_what_it_is(self):
        name = manifest.key_name(PUBLIC)
        self.assertEqual(len(name), 16)
        self.assertEqual(name, manifest.key_name("\n" + PUBLIC.replace("\n", "\r\n")))
        cut_off = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
        for other in ("", PUBLIC.replace("MFkwEw", "MFkwEx"), cut_off):
            with self.assertRaises(manifest.ManifestError):
                manifest.key_name(other)


if __name__ == "__main__":
    unittest.main()
