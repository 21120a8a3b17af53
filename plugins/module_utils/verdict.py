# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""From results to a verdict: what was found, how people treat it, what follows.

Two fields that never overwrite each other: ``result`` is what the machine
found, ``treatment`` what a person with a name decided about it.
"""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import calendar
import re
import time

APT = "APTO"
APT_WITH_REMARKS = "APTO CON OBSERVACIONES"
NOT_APT = "NO APTO"
INCONCLUSIVE = "NO CONCLUYENTE"
VERDICTS = (NOT_APT, INCONCLUSIVE, APT_WITH_REMARKS, APT)

RESULTS = ("pass", "fail", "error", "no_evidence", "unreachable", "not_applicable")
TREATMENTS = ("none", "waived", "attested", "disputed", "expired")

_WHEN = re.compile(
    r"^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$"
)


def epoch(text):
    """Seconds since 1970 of an RFC 3339 time, or of a day's first second in UTC; None if it is neither."""
    found = _WHEN.match("%s" % (text,))
    if not found:
        return None
    year, month, day, hour, minute, second = [int(part or 0) for part in found.groups()[:6]]
    zone = (found.group(7) or "Z").replace(":", "")
    offset = 0
    if zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[3:5]) * 60
        offset = -offset if zone[0] == "-" else offset
    try:
        time.strptime("%d-%d-%d" % (year, month, day), "%Y-%m-%d")
    except ValueError:
        return None
    return calendar.timegm((year, month, day, hour, minute, second)) - offset


def treat(control, result, waivers, attestations, now):
    """How people treat a result.

    An attestation only speaks where no command can look (``attestable``), and
    only where the machine found nothing: it never turns a failure. A waiver
    leaves the failure visible and takes its effect away until it expires.

    :arg control: the call's control
    :arg result: what was found
    :arg waivers: prep_waivers: [{control, reason, approver, document, expires}]
    :arg attestations: prep_attestations: [{control, text, name, post, date}]
    :arg now: UTC, RFC 3339
    :returns: (treatment, the waiver or attestation behind it or None)
    """
    if result not in ("fail", "error", "no_evidence"):
        return "none", None
    if result == "no_evidence" and control.get("attestable"):
        for one in _about(control, attestations):
            if _is_valid_attestation(one, now):
                return "attested", one
    expired = None
    for one in _about(control, waivers):
        if not all(one.get(field) for field in ("reason", "approver", "document", "expires")):
            continue
        ends = epoch(one["expires"])
        if ends is not None and ends > epoch(now):
            return "waived", one
        expired = one
    return ("expired", expired) if expired else ("none", None)


def _about(control, records):
    return [one for one in records or [] if isinstance(one, dict) and one.get("control") == control["slug"]]


def _is_valid_attestation(one, now):
    """A statement with its author and a day that has come."""
    if not all(("%s" % (one.get(field) or "")).strip() for field in ("text", "name", "post", "date")):
        return False
    day = epoch(one["date"])
    return day is not None and day <= epoch(now)


def stands_in_the_way(entry):
    """Whether a result keeps a diffuser from being apt: required, not met or not known, and not treated."""
    return (
        entry["severity"] == "required"
        and entry["result"] in ("fail", "error", "no_evidence", "unreachable")
        and entry["treatment"] not in ("waived", "attested")
    )


def of_host(contact, results):
    """The verdict on one diffuser.

    :arg contact: reached, unreachable or failed
    :arg results: its list of results
    :raises ValueError: no control was evaluated, which must never look like a clean sheet
    """
    if not results:
        raise ValueError("no control was evaluated")
    if contact == "unreachable":
        return INCONCLUSIVE
    blocking = [entry for entry in results if stands_in_the_way(entry)]
    if any(entry["result"] == "fail" for entry in blocking):
        return NOT_APT
    if blocking:
        return INCONCLUSIVE
    for entry in results:
        if entry["result"] in ("fail", "error", "no_evidence") and entry["treatment"] != "attested":
            return APT_WITH_REMARKS
    return APT
