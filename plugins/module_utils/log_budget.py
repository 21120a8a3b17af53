# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""How much disk the logs of an election need, and for how many days they are kept (clause IV).

Pure functions. One home for the role ``log_retention``, which writes what follows from it, and for the control
``logs.disk_space``, which judges by it.
"""

from __future__ import absolute_import, division, print_function

import datetime
import math
import re

__metaclass__ = type

# Defaults of the role's options of the same names; a test keeps both equal.
ASSUMPTIONS = {
    "log_retention_days": 120,
    "log_retention_window": {},
    "log_retention_until": "",
    "log_retention_peak_requests_per_hour": 400000,
    "log_retention_peak_hours": 8,
    "log_retention_normal_requests_per_hour": 10000,
    "log_retention_bytes_per_request": 400,
    "log_retention_compression_ratio": 8,
    "log_retention_journal_mb_per_day": 12,
    "log_retention_keep_free_mb": 1024,
}
NUMBERS = tuple(sorted(name for name in ASSUMPTIONS if name.endswith(("_hour", "_hours", "_days", "_mb", "_day"))))
MB = 1048576.0
# A file of the journal goes as a whole once its *first* entry is too old: it must not hold many days.
JOURNAL_FILE_DAYS = 7
_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?: \d{2}:\d{2})?\Z")


def as_day(text):
    """'2022-06-05' or '2022-06-05 20:00' -> a date; None for anything else."""
    found = _DAY.match("%s" % (text or ""))
    try:
        return datetime.date(*[int(part) for part in found.groups()]) if found else None
    except ValueError:
        return None


def window_of(options):
    """(first day, last day) of the window whose logs the memory needs; None without one."""
    window = options.get("log_retention_window") or {}
    return (as_day(window.get("opens")), as_day(window.get("closes"))) if window else None


def keep_days(options):
    """Days after which a line may be deleted: never before its time, and none of the window's before `until`."""
    days = int(options["log_retention_days"])
    window, until = window_of(options), as_day(options["log_retention_until"])
    if window and until:
        # The first day's lines are the oldest: the same number of days keeps the others past the date.
        days = max(days, (until - window[0]).days + 1)
    return days


def problems(options):
    """Mistakes of the options, one line each: expected and got."""
    lines = []
    for name in NUMBERS + ("log_retention_bytes_per_request", "log_retention_compression_ratio"):
        try:
            value = float(options[name])
        except (TypeError, ValueError):
            value = -1
        least = 1 if name.endswith(("_days", "_ratio", "_request")) else 0
        if value < least:
            lines.append("%s: expected a number of at least %d, got %s" % (name, least, options[name]))
    window = window_of(options)
    if window and (None in window or window[0] > window[1]):
        lines.append(
            "log_retention_window: expected opens and closes as YYYY-MM-DD HH:MM, one after the other, got %s"
            % (options["log_retention_window"],)
        )
        window = None
    if options["log_retention_until"] and not as_day(options["log_retention_until"]):
        lines.append("log_retention_until: expected a day YYYY-MM-DD, got %s" % options["log_retention_until"])
    elif options["log_retention_until"] and not window:
        lines.append("log_retention_until: expected log_retention_window beside it, got none that can be used")
    elif options["log_retention_until"] and as_day(options["log_retention_until"]) <= window[1]:
        lines.append(
            "log_retention_until: expected a day after the window's last, %s, got %s"
            % (window[1], options["log_retention_until"])
        )
    if not lines and window and keep_days(options) < (window[1] - window[0]).days + 1:
        lines.append(
            "log_retention_days: expected at least the %d days of the window %s to %s, got %s"
            % ((window[1] - window[0]).days + 1, window[0], window[1], options["log_retention_days"])
        )
    return lines


def budget(options):
    """What the logs need, in MiB.

    :returns: days, raw_mb (what Apache writes in all), web_mb (what of it is on disk at most), journal_mb,
        keep_free_mb, need_mb
    """
    days = keep_days(options)
    peak, normal, hours = [
        float(options["log_retention_" + name])
        for name in ("peak_requests_per_hour", "normal_requests_per_hour", "peak_hours")
    ]
    line = float(options["log_retention_bytes_per_request"]) / MB
    hours = min(hours, days * 24)
    raw = (hours * peak + (days * 24 - hours) * normal) * line
    # Today's file and, by delaycompress, yesterday's are there uncompressed.
    fresh_hours = min(hours, 48)
    fresh = min(raw, (fresh_hours * peak + (48 - fresh_hours) * normal) * line)
    web = fresh + (raw - fresh) / max(1.0, float(options["log_retention_compression_ratio"]))
    journal = float(options["log_retention_journal_mb_per_day"]) * (days + JOURNAL_FILE_DAYS)
    found = {
        "days": days,
        "raw_mb": int(math.ceil(raw)),
        "web_mb": int(math.ceil(web)),
        # Less than this and journald would keep hardly more than one file.
        "journal_mb": max(64, int(math.ceil(journal))),
        "keep_free_mb": int(options["log_retention_keep_free_mb"]),
    }
    found["need_mb"] = found["web_mb"] + found["journal_mb"] + found["keep_free_mb"]
    return found


def room(found, free_mb, used_mb):
    """Whether the budget fits: (yes or no, MiB that are there for it). What logs already take counts as theirs."""
    there = free_mb + used_mb
    return there >= found["need_mb"], there
