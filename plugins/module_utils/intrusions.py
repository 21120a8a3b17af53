# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Who was banned or refused on a server, minute by minute, from fail2ban's log and the web server's error logs."""

from __future__ import absolute_import, division, print_function

import os
import re
import time

__metaclass__ = type

# What of a log is read at most: its end. A flood writes more in a minute, and its beginning tells nothing more.
MOST_BYTES = 8 << 20
MOST_ENTRIES = 500
_BAN = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\S* fail2ban\.actions\s.*\[([\w.-]{1,64})\] (?:Restore )?Ban (\S{2,45})"
)
_REFUSED = re.compile(
    # ModSecurity writes the client itself, without the port that Apache's own part has.
    r"^\[\w{3} (\w{3}) (\d\d) (\d\d):(\d\d):(\d\d)\S* (\d{4})\].*?\[client ([0-9A-Fa-f.:]{2,45})\] "
    r'ModSecurity: Access denied.*?\[id "(\d{1,12})"\](?:.*?\[msg "((?:[^"\\]|\\.){0,200})")?'
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def banned(line):
    """(seconds since 1970, source, jail, "") of a line with a ban, or None."""
    found = _BAN.match(line)
    if not found:
        return None
    try:
        at = time.mktime(time.strptime(found.group(1), "%Y-%m-%d %H:%M:%S"))
    except (ValueError, OverflowError):
        return None
    return int(at), found.group(3), found.group(2), ""


def refused(line):
    """(seconds since 1970, source, rule, what it says) of a line with a refusal, or None.

    The rule that adds up the findings of others names none of them: its message says the score.
    """
    found = _REFUSED.match(line)
    if not found or found.group(1) not in _MONTHS:
        return None
    month, day, hour, minute, second, year = found.groups()[:6]
    moment = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), 0, 0, -1)
    try:
        at = time.mktime(moment)
    except (ValueError, OverflowError):
        return None
    return int(at), found.group(7), found.group(8), found.group(9) or ""


def ends(path, most=MOST_BYTES):
    """The last lines of a log and of the one before it, as text; none of a log that isn't there."""
    lines, left = [], most
    for name in (path, path + ".1"):
        try:
            with open(name, "rb") as log:
                size = os.fstat(log.fileno()).st_size
                log.seek(max(0, size - left))
                data = log.read(left)
        except (IOError, OSError):
            continue
        lines = data.decode("utf-8", "replace").splitlines()[1 if size > left else 0:] + lines
        left -= len(data)
        if left <= 0:
            break
    return lines


def entries(logs, since):
    """What happened from a moment on; ([{kind, source, rule, what, minute, count}, ...], how many were left out).

    :param logs: {"ban" or "block": [path, ...]}.
    :param since: seconds since 1970; whole minutes are counted, so that a later look at one replaces an earlier.
    """
    readers = {"ban": banned, "block": refused}
    counted = {}
    for kind, paths in logs.items():
        for path in paths:
            for line in ends(path):
                found = readers[kind](line)
                if found and found[0] >= since:
                    key = (kind, found[1], found[2], found[3], found[0] - found[0] % 60)
                    counted[key] = counted.get(key, 0) + 1
    # Bans first: who is banned matters more than who is only refused; then the most frequent.
    ranked = sorted(counted.items(), key=lambda item: (item[0][0] != "ban", -item[1], item[0]))
    made = [
        {"kind": kind, "source": source, "rule": rule, "what": what, "minute": minute, "count": count}
        for (kind, source, rule, what, minute), count in ranked[:MOST_ENTRIES]
    ]
    return made, len(ranked) - len(made)
