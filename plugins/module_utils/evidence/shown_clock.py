# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The hours that a page shows beside the word for a cut, as in "Último corte, 7 de junio, 00:16 h UTC-5"."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text

_UNSEEN = re.compile(u"<(script|style)\\b.*?</\\1\\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(u"corte|actualiza|updated?\\b|last cut", re.IGNORECASE)
_HOUR = re.compile(u"(?<![0-9:])([01]?[0-9]|2[0-3]):([0-5][0-9])(?![0-9])")
# How far from the word its hour may stand: a date and the name of a time zone are between them.
REACH = 160
MOST = 20


def clocks(body):
    """["00:16"] of a page's bytes: what its HTML itself shows; what a script adds later isn't seen."""
    text = u" ".join(_UNSEEN.sub(u" ", to_text(body)).split())
    found = []
    for word in _WORD.finditer(text):
        for hour in _HOUR.finditer(text[word.end():word.end() + REACH]):
            clock = u"%02d:%s" % (int(hour.group(1)), hour.group(2))
            if clock not in found and len(found) < MOST:
                found.append(clock)
    return found
