# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Which cuts a mirror may show, and when. Pure functions of epochs that the controller worked out.

A mirror's own clock can be wrong, so it decides as little as possible: a real cut has to be of the
opening or later by its *signed* clock as well, and one that is shown is never taken back.
"""

from __future__ import absolute_import, division, print_function

import time

from ansible_collections.iepc.prep.plugins.module_utils.cuts.manifest import order

__metaclass__ = type


def refusal(cut, shown, rules, now):
    """Why a cut must not be shown; None if it may be.

    :arg cut: the manifest's ``cut``
    :arg shown: ``cut`` of what is shown, None for the zero state
    :arg rules: {"opening": epoch or 0, "drills": [[from, until]]}
    :arg now: this server's epoch
    """
    reason = _no_drill(shown, rules, now) if cut["drill"] else _not_open(cut, rules, now)
    if reason:
        return reason
    if shown and shown["drill"] == cut["drill"] and cut["id"] != shown["id"] and order(cut) <= order(shown):
        return "older: cut %s is not later than %s, which is shown" % (cut["id"], shown["id"])
    return None


def withdrawn(shown, rules, now):
    """Whether what is shown is no longer to be: a drill's cut, once no drill is on."""
    return bool(shown and shown["drill"] and not _in_drill(rules, now))


def _no_drill(shown, rules, now):
    if not _in_drill(rules, now):
        return "drill: a drill's cut, and no drill is on at %s by this server's clock" % utc(now)
    if shown and not shown["drill"]:
        return "drill: a drill's cut, and %s, a real one, is shown" % shown["id"]
    return None


def _not_open(cut, rules, now):
    if not rules["opening"]:
        return "opening: this mirror was not told when the publication opens"
    if cut["epoch"] < rules["opening"]:
        return "opening: a cut of %s, before the opening at %s" % (utc(cut["epoch"]), utc(rules["opening"]))
    if now < rules["opening"]:
        return "opening: the publication opens at %s, this server's clock says %s" % (utc(rules["opening"]), utc(now))
    return None


def _in_drill(rules, now):
    return any(start <= now < end for start, end in rules["drills"])


def utc(epoch):
    """An epoch as 2022-06-06T01:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
