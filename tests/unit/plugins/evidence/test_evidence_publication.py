# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What a server shows, and the notice that stands in front of it."""

from __future__ import absolute_import, division, print_function

import hashlib
import unittest

from ansible_collections.iepc.prep.plugins.module_utils.evidence import publication
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import Look
from fake_reader import FakeReader

__metaclass__ = type

ROOT = "/srv/prep"
TOLD = u'{"authority": "IEPC", "reason": "revisi\xf3n", "since": "2022-06-05T20:31:00-05:00"}'


def collect(**suspension):
    files = {
        ROOT + "/current/index.html": b"<p>corte</p>", ROOT + "/state/status.json": u'{"state": "cut"}',
    }
    files.update((ROOT + "/suspension/" + name.replace("_", "."), text) for name, text in suspension.items())
    reader = FakeReader(files=files, links={ROOT + "/current": "cuts/20220605_2015-0a1b2c3d"})
    return publication.collect(Look(reader), {"content_root": ROOT})


class Publication(unittest.TestCase):
    def test_a_cut(self):
        value = collect()
        self.assertEqual(value["target"], "cuts/20220605_2015-0a1b2c3d")
        self.assertEqual(value["index_sha256"], hashlib.sha256(b"<p>corte</p>").hexdigest())
        self.assertEqual((value["state"], value["suspended"]), ({"state": "cut"}, None))

    def test_the_notice_is_the_flag(self):
        self.assertIsNone(collect(suspension_json=TOLD)["suspended"])
        found = collect(suspension_json=TOLD, notice_html=u"<p>aviso</p>")["suspended"]
        self.assertEqual(found["reason"], u"revisi\xf3n")
        # Put there by hand: suspended all the same.
        self.assertEqual(collect(notice_html=u"<p>aviso</p>")["suspended"], {})

    def test_what_cannot_be_read_is_not_taken_for_nothing(self):
        with self.assertRaises(SourceError):
            collect(suspension_json=u"{", notice_html=u"<p>aviso</p>")


if __name__ == "__main__":
    unittest.main()
