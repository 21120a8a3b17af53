# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Which file of a server is which log of the technical memory (clause IV), and from when to when its lines are.

Pure functions.
"""

from __future__ import absolute_import, division, print_function

import calendar
import re
import time

__metaclass__ = type

KINDS = ("access", "error", "modsecurity", "fail2ban", "rsync", "activator")
# What the names in Apache's directory mean. `ssl_request_log` holds again what `ssl_access_log` does.
_APACHE = (
    ("access", re.compile(r"(?:^|[._-])access[._]log\Z")),
    ("error", re.compile(r"(?:^|[._-])error[._]log\Z")),
    ("modsecurity", re.compile(r"^modsec_[a-z]+\.log\Z")),
)
# Programs that write to standard output what they unpack.
UNPACKERS = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}
_PACKED = re.compile(r"\.(gz|bz2|xz|zst)\Z")
# .1, -20220605, -20220605-1654473600 (dateformat -%Y%m%d-%s), and -2022-06-05.
_ROTATED = re.compile(r"(?:\.\d{1,6}|-\d{8,10}(?:-\d{1,12})?|-\d{4}-\d{2}-\d{2})\Z")
# The only names that are taken over to the control node.
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9@._-]{0,150}\Z")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIMES = (
    # access, ModSecurity: [28/Nov/2026:18:53:58 +0000], [28/Nov/2026:18:53:58.504607 +0000]
    re.compile(
        r"\[(?P<day>\d\d)/(?P<name>[A-Z][a-z]{2})/(?P<year>\d{4}):(?P<clock>\d\d:\d\d:\d\d)(?:\.\d+)?"
        r" (?P<zone>[+-]\d{4})\]"
    ),
    # error: [Sat Nov 28 18:53:58.533749 2026]
    re.compile(
        r"^\[[A-Z][a-z]{2} (?P<name>[A-Z][a-z]{2}) (?P<day>[\d ]\d) (?P<clock>\d\d:\d\d:\d\d)(?:\.\d+)?"
        r" (?P<year>\d{4})\]"
    ),
    # activations: {"at": "2026-11-28T18:53:06Z", ...; JSON and others with an offset
    re.compile(
        r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)T(?P<clock>\d\d:\d\d:\d\d)(?:[.,]\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)"
    ),
    # fail2ban: 2026-11-28 18:53:43,142; rsync: 2026/11/28 18:53:29
    re.compile(r"^(?P<year>\d{4})(?P<sep>[/-])(?P<month>\d\d)(?P=sep)(?P<day>\d\d) (?P<clock>\d\d:\d\d:\d\d)"),
)
# A line of a log that is attacked can be megabytes long; its time stands in front.
_LINE_BYTES = 4096


def plain_name(name):
    """(name without what a compressor added, the compressor's ending or None)"""
    packed = _PACKED.search(name)
    return (name[: packed.start()], packed.group(1)) if packed else (name, None)


def stem(name):
    """The name that the log had when it was written: without the endings of rotation and compression."""
    return _ROTATED.sub("", plain_name(name)[0])


def kind_in_apache_directory(name):
    """The kind of a file in Apache's log directory; None if it is none of ours."""
    base = stem(name)
    for kind, pattern in _APACHE:
        if pattern.search(base):
            return kind
    return None


def moment(line):
    """Seconds since 1970 of a log's line; None if none of the formats fits.

    Where the line names no zone it is this machine's own: what wrote the line had the same table of zones.
    """
    for pattern in _TIMES:
        found = pattern.search(line[:_LINE_BYTES])
        if found:
            try:
                return _epoch(found.groupdict())
            except (ValueError, OverflowError):
                return None
    return None


def _epoch(parts):
    month = int(parts["month"]) if parts.get("month") else _MONTHS.index(parts["name"]) + 1
    hour, minute, second = [int(part) for part in parts["clock"].split(":")]
    if not (1 <= month <= 12 and 1 <= int(parts["day"]) <= 31 and hour < 24 and minute < 60 and second < 61):
        raise ValueError("no time")
    fields = (int(parts["year"]), month, int(parts["day"]), hour, minute, second)
    zone = parts.get("zone")
    if not zone:
        # -1: whether it is summer time there, the table says.
        return int(time.mktime(fields + (0, 0, -1)))
    if zone == "Z":
        return calendar.timegm(fields + (0, 0, 0))
    digits = zone.replace(":", "")
    shift = (int(digits[1:3]) * 60 + int(digits[3:5])) * 60
    return calendar.timegm(fields + (0, 0, 0)) - (shift if digits[0] == "+" else -shift)


def first_moment(data):
    """The time of the first line that has one, of a log's first bytes."""
    for line in data.split(b"\n"):
        found = moment(line.decode("utf-8", "replace"))
        if found is not None:
            return found
    return None


def last_moment(data):
    """The time of the last line that has one, of a log's last bytes; a line cut off in front counts as one."""
    for line in reversed(data.split(b"\n")):
        found = moment(line.decode("utf-8", "replace"))
        if found is not None:
            return found
    return None
