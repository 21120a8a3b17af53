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

from ansible_collections.iepc.prep.plugins.module_utils.input_formats import file_problem, is_time_with_offset

APT = "APTO"
APT_WITH_REMARKS = "APTO CON OBSERVACIONES"
NOT_APT = "NO APTO"
INCONCLUSIVE = "NO CONCLUYENTE"
VERDICTS = (NOT_APT, INCONCLUSIVE, APT_WITH_REMARKS, APT)

RESULTS = ("pass", "fail", "error", "no_evidence", "unreachable", "not_applicable")
TREATMENTS = ("none", "waived", "attested", "disputed", "expired")
# What a waiver or an attestation is worth now.
IN_FORCE, EXPIRED, EARLY = "in_force", "expired", "early"
OTHER_VERSION, WRONG_FILE, INCOMPLETE = "other_version", "wrong_file", "incomplete"

_WHEN = re.compile(
    r"^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\Z"
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


def instant(text):
    """Seconds since 1970 of a time with its UTC offset; None without one: when it is would be anybody's guess."""
    return epoch(text) if is_time_with_offset(text) else None


def treat(control, result, host, now):
    """How people treat a result.

    An attestation only speaks where no command can look (``attestable``), and only where the
    machine found nothing: it never turns a failure. A waiver leaves the failure visible and takes
    its effect away, for one version of the control and for the hosts that it names, until the
    second it expires. A dispute is heard and changes nothing.

    :arg control: the call's control
    :arg result: what was found
    :arg host: dict: name, waivers, attestations, disputes, as the inventory has them
    :arg now: UTC, RFC 3339
    :returns: (treatment, the record behind it or None)
    """
    if result not in ("fail", "error", "no_evidence"):
        return "none", None
    speaks = result == "no_evidence" and control.get("attestable")
    attestations = [(attestation_state(one, now), one) for one in about(control, host, "attestations") if speaks]
    waivers = [
        (waiver_state(one, control, now), one)
        for one in about(control, host, "waivers")
        if names(one, host["name"])
    ]
    disputes = [(IN_FORCE, one) for one in about(control, host, "disputes") if is_signed(one)]
    # What proves before what excuses, and that before what only is to be known.
    for treatment, state, records in (
        ("attested", IN_FORCE, attestations),
        ("waived", IN_FORCE, waivers),
        ("disputed", IN_FORCE, disputes),
        ("expired", EXPIRED, waivers + attestations),
    ):
        for found, one in records:
            if found == state:
                return treatment, one
    return "none", None


def about(control, host, kind):
    """The records of a kind that speak about a control."""
    return [
        one
        for one in host.get(kind) or []
        if isinstance(one, dict) and one.get("control") == control["slug"]
    ]


def names(waiver, host):
    """Whether a waiver is for that host."""
    hosts = waiver.get("hosts")
    return isinstance(hosts, list) and host in hosts


def waiver_state(one, control, now):
    """INCOMPLETE, OTHER_VERSION, WRONG_FILE, EXPIRED or IN_FORCE."""
    ends = instant(one.get("expires"))
    if ends is None or not _filled(one, ("reason", "approver", "document")):
        return INCOMPLETE
    if one.get("version") != control["version"]:
        return OTHER_VERSION
    if file_problem(one):
        return WRONG_FILE
    return IN_FORCE if ends > epoch(now) else EXPIRED


def attestation_state(one, now):
    """INCOMPLETE, EARLY, WRONG_FILE, EXPIRED or IN_FORCE."""
    if not is_signed(one):
        return INCOMPLETE
    if epoch(one["date"]) > epoch(now):
        return EARLY
    if file_problem(one):
        return WRONG_FILE
    if one.get("expires") in (None, ""):
        return IN_FORCE
    ends = instant(one["expires"])
    return IN_FORCE if ends is not None and ends > epoch(now) else EXPIRED


def is_signed(one):
    """A statement with its author and its day."""
    return _filled(one, ("text", "name", "post", "date")) and epoch(one["date"]) is not None


def _filled(one, fields):
    return all(("%s" % (one.get(field) or "")).strip() for field in fields)


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
