# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Versions of packages in the order that dpkg and rpm give them, as far as both agree."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

# '~' comes before the end (deb-version(7), rpm-version(7)); other marks only part what they stand between.
_PART = re.compile(r"~|[0-9]+|[a-zA-Z]+")
_BEFORE_END, _END, _LETTERS, _DIGITS = 0, 1, 2, 3


def _key(text):
    parts = []
    for part in _PART.findall(text):
        if part == "~":
            parts.append((_BEFORE_END, 0, ""))
        elif part.isdigit():
            parts.append((_DIGITS, int(part), ""))
        else:
            parts.append((_LETTERS, 0, part))
    return parts + [(_END, 0, "")]


def order(version):
    """A key to sort and compare versions by: epoch, upstream's version, distribution's revision."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return int(epoch) if epoch.isdigit() else 0, _key(upstream), _key(revision)


def at_least(version, wanted):
    """Whether ``version`` is ``wanted`` or later."""
    return order(version) >= order(wanted)
