# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What logrotate makes of its files: which rules count, how long they keep a line, and where ours belong.

A rule here is an entry of the evidence ``logs.policy``. Pure functions.
"""

from __future__ import absolute_import, division, print_function

import fnmatch
import re

__metaclass__ = type

FOREVER = 36500
_LENGTH = {"hourly": 1 / 24.0, "daily": 1, "weekly": 7, "monthly": 28, "yearly": 365}
_AGE_UNITS = {"s": 1 / 86400.0, "m": 1 / 1440.0, "h": 1 / 24.0, "d": 1, "w": 7, "us": 0, "ms": 0, "min": 1 / 1440.0}


def overlap(one, other):
    """Whether two patterns can mean the same file; as far as either is the other's example."""
    return one == other or fnmatch.fnmatchcase(one, other) or fnmatch.fnmatchcase(other, one)


def effective(rules):
    """(rules that count, [{config, pattern, by}] that do not).

    logrotate takes a log from the first file that names it; a later file that names it again is skipped as a
    whole, with all its other logs, and up to 3.8.6 the program still ends with 0.
    """
    configs = []
    for rule in rules:
        if rule["config"] not in configs:
            configs.append(rule["config"])
    kept, skipped = [], []
    for config in configs:
        mine = [rule for rule in rules if rule["config"] == config]
        clash = [
            {"config": config, "pattern": rule["pattern"], "by": other["config"]}
            for rule in mine
            for other in kept
            if overlap(rule["pattern"], other["pattern"])
        ]
        if clash:
            skipped.append(clash[0])
        else:
            kept.extend(mine)
    return kept, skipped


def kept_days(rule):
    """Days for which a rule keeps a line, at least."""
    rotate, maxage = rule.get("rotate"), rule.get("maxage")
    length = _LENGTH.get(rule.get("frequency"), 0)
    if rule.get("size"):
        # By size alone: one bad night can use up all copies.
        length = 0
    elif rule.get("maxsize"):
        # As often as logrotate runs, which is hourly at most.
        length = min(length, _LENGTH["hourly"])
    days = FOREVER if rotate == -1 else min(FOREVER, int(length * (rotate or 0)))
    return min(days, maxage) if maxage else days


def age_days(age):
    """'10d', '1w2d', '5h' of tmpfiles.d(5) -> days; None for no age at all, 0 for what is not understood."""
    age = age.lstrip("~")
    # Kinds of time stamps may stand before the age since systemd 250.
    age = age.rpartition(":")[2]
    if age in ("", "-"):
        return None
    parts = re.findall(r"(\d+)(us|ms|min|[smhdw])?", age)
    if "".join(number + unit for number, unit in parts) != age:
        return 0
    return int(sum(int(number) * _AGE_UNITS[unit or "s"] for number, unit in parts))


def place(policies, rules):
    """Where each policy of ours belongs: in the file that has these logs already, if it has no others.

    :arg policies: [{name, logs, ...}], name: the file's name where nothing covers these logs yet
    :arg rules: the rules that are there
    :returns: the policies with ``path``
    """
    placed = []
    for policy in policies:
        path = "/etc/logrotate.d/" + policy["name"]
        for config in sorted(set(rule["config"] for rule in rules)):
            patterns = [rule["pattern"] for rule in rules if rule["config"] == config]
            if config.startswith("/etc/logrotate.d/") and set(patterns) <= set(policy["logs"]):
                path = config
                break
        placed.append(dict(policy, path=path))
    return placed


def conflicts(placed, rules, replaced=()):
    """Entries of others for logs of ours, one line each: logrotate would skip one of the two files.

    :arg placed: policies with their ``path``
    :arg replaced: other files that are written anew
    """
    ours = set(policy["path"] for policy in placed) | set(replaced)
    lines = []
    for rule in rules:
        if rule["config"] in ours:
            continue
        for policy in placed:
            if any(overlap(rule["pattern"], log) for log in policy["logs"]):
                lines.append(
                    "%s: expected no entry for a log of %s, got %s: logrotate would skip one of the two files"
                    % (rule["config"], policy["path"], rule["pattern"])
                )
                break
    return lines
