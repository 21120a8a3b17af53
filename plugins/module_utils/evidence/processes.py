# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What runs, counted by program and user."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.sockets import user_name
from ansible_collections.iepc.prep.plugins.module_utils.evidence.system import pids

KTHREADD = "2"


def parse_stat(text):
    """/proc/PID/stat -> (comm, parent pid, session) as text. The comm may hold spaces and brackets."""
    opening, closing = text.find("("), text.rfind(")")
    fields = text[closing + 1:].split()
    if opening < 0 or closing < opening or len(fields) < 4:
        raise SourceError("/proc/PID/stat: not in a known form")
    return text[opening + 1:closing], fields[1], fields[3]


def count(pairs):
    """[(comm, user)] -> [{comm, user, count}], sorted."""
    counts = {}
    for pair in pairs:
        counts[pair] = counts.get(pair, 0) + 1
    return [{"comm": comm, "user": user, "count": counts[(comm, user)]} for comm, user in sorted(counts)]


def names(look):
    """[(comm, user)] of all processes but the kernel's own threads and this collector's own ones."""
    look.source("/proc/*/stat")
    return look.once("processes", lambda: _names(look))


def _names(look):
    """See names."""
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
        found.append((comm, user_name(state.st_uid)))
    return found


def collect(look, options):
    """processes"""
    return count(names(look))
