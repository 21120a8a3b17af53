# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Which package brought the programs that listen, the units that run, and the scheduled jobs."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence import accounts, packages, sockets, units
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError

TIMEOUT = 15.0
_DPKG_LINE = re.compile(r"^([a-z0-9][a-z0-9.+:, -]*): (/.*)$")
_MERGED = re.compile(r"^/usr(/(?:bin|sbin|lib)/)")


def other_name(path):
    """The same file by the name of before (or after) /usr took over /bin, /sbin and /lib."""
    if _MERGED.match(path):
        return _MERGED.sub(r"\1", path)
    return "/usr" + path if path.startswith(("/bin/", "/sbin/", "/lib/")) else path


def parse_dpkg(text, paths):
    """`dpkg -S` -> {path: package or None} for `paths`."""
    owner = {}
    for line in text.splitlines():
        match = _DPKG_LINE.match(line)
        if match and not line.startswith("diversion by"):
            owner[match.group(2)] = match.group(1).split(",")[0].partition(":")[0]
    return dict((path, owner.get(path) or owner.get(other_name(path))) for path in paths)


def parse_rpm(text, paths):
    """`rpm -qf --qf '%{NAME}\\n'` -> {path: package or None}: one line for each path, in that order.

    Raises SourceError when lines and paths do not match.
    """
    lines = text.splitlines()
    if len(lines) != len(paths):
        raise SourceError("rpm -qf: %d lines for %d files" % (len(lines), len(paths)))
    return dict(
        (path, None if " " in line.strip() else line.strip()) for path, line in zip(paths, lines)  # noqa: B905
    )


def paths_of_interest(look):
    """Files whose package says whether somebody put them there by hand; sorted."""
    paths = set(path for path in sockets.programs(look) if path)
    paths.update(one["file"] for one in units.states(look) if one["file"] and one["sub"] == "running")
    # A unit of the administrator's own stands in /etc; distributions keep theirs elsewhere.
    paths.update(one["file"] for one in units.states(look) if (one["file"] or "").startswith("/etc/"))
    paths.update(accounts.cron_files(look))
    return sorted(path for path in paths if look.stat(path) is not None)


def collect(look, options):
    """owners"""
    paths = paths_of_interest(look)
    if not paths:
        raise SourceError("no file to ask for")
    if look.stat(packages.DPKG_STATUS) is not None:
        asked = sorted(set(paths) | set(other_name(path) for path in paths))
        # It ends with 1 when one of them belongs to no package.
        output = look.run(["dpkg", "-S"] + asked, TIMEOUT, label="dpkg -S FILES")
        return parse_dpkg(output.out, paths)
    output = look.run(["rpm", "-qf", "--qf", "%{NAME}\\n"] + paths, TIMEOUT, label="rpm -qf FILES")
    return parse_rpm(output.out, paths)
