# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What runs, counted by program, user and unit."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.sockets import unit_of_process, user_name
from ansible_collections.iepc.prep.plugins.module_utils.evidence.system import pids

KTHREADD = "2"


def parse_stat(text):
    """/proc/PID/stat -> (comm, parent pid, session) as text. The comm may hold spaces and brackets."""
    opening, closing = text.find("("), text.rfind(")")
    fields = text[closing + 1:].split()
    if opening < 0 or closing < opening or len(fields) < 4:
        raise SourceError("/proc/PID/stat: not in a known form")
    return text[opening + 1:closing], fields[1], fields[3]


def count(rows):
    """[(comm, user, unit)] -> [{comm, user, unit, count}], sorted."""
    counts = {}
    for row in rows:
        counts[row] = counts.get(row, 0) + 1
    return [
        {"comm": row[0], "user": row[1], "unit": row[2], "count": counts[row]}
        for row in sorted(counts, key=lambda row: (row[0], row[1], row[2] or ""))
    ]


def table(look):
    """[(pid, comm, user, unit)] of all processes but the kernel's own threads and this collector's own ones."""
    look.source("/proc/*/stat")
    return look.once("processes", lambda: _table(look))


def _table(look):
    """See table."""
    own = look.peek("/proc/self/stat") or ""
    own_pid = own.split(" ")[0]
    own_session = parse_stat(own)[2] if own else None
    found = []
    for pid in pids(look):
        text = look.peek("/proc/%d/stat" % pid)
        state = look.stat("/proc/%d" % pid)
        if text is None or state is None:
            continue  # it ended meanwhile
        comm, parent, session = parse_stat(text)
        if parent == own_pid or (session == own_session and session != "0"):
            continue  # the collector, its commands, and the shell that Ansible started it with
        if parent == KTHREADD or (comm == "kthreadd" and parent == "0"):
            continue
        found.append((pid, comm, user_name(state.st_uid), unit_of_process(look, pid)))
    return found


def collect(look, options):
    """processes"""
    return count([row[1:] for row in table(look)])
