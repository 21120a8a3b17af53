# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Every service, socket and timer that runs or would start with the system, by one `systemctl show`."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import as_int

PROPERTIES = "Id,ActiveState,SubState,UnitFileState,FragmentPath,SourcePath,MainPID,TriggeredBy,Listen"
SHOW = ("systemctl", "show", "--no-pager", "-p", PROPERTIES, "--", "*.service", "*.socket", "*.timer")
RUNS = ("active", "activating", "reloading")
STARTS = ("enabled", "enabled-runtime")
_TRANSPORT = {"Stream": "tcp", "Datagram": "udp"}
# systemd 219 says `ListenStream=[::]:111`, today's `Listen=[::]:111 (Stream)`.
_LISTEN = re.compile(r"^Listen(?:(?P<old>\w+)=(?P<place>\S+)|=(?P<where>\S+) \((?P<new>\w+)\))$")
_PLACE = re.compile(r"^\[?(?P<address>[0-9a-fA-F.:]+?)\]?:(?P<port>\d+)$")


def commands(reader, options):
    """Commands worth starting ahead."""
    return [SHOW]


def parse_listen(line):
    """A Listen line -> {proto, address, port}; None for a socket that is no port."""
    match = _LISTEN.match(line)
    if not match:
        return None
    proto = _TRANSPORT.get(match.group("old") or match.group("new"))
    place = _PLACE.match(match.group("place") or match.group("where"))
    if not proto or not place:
        return None
    return {"proto": proto, "address": place.group("address"), "port": int(place.group("port"))}


def parse(text):
    """`systemctl show` of patterns -> [{unit, active, sub, enabled, file, pid, triggered_by, listens}].

    Only what runs or starts with the system; a unit that several patterns match is told once.
    """
    found = {}
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if "=" in line]
        fields = dict(line.partition("=")[::2] for line in lines)
        name = fields.get("Id")
        if not name or "ActiveState" not in fields:
            continue
        state = fields.get("UnitFileState", "")
        if fields["ActiveState"] not in RUNS and state not in STARTS:
            continue
        found[name] = {
            "unit": name,
            "active": fields["ActiveState"],
            "sub": fields.get("SubState", ""),
            "enabled": state,
            # A generated unit stands for a script: that one belongs to a package.
            "file": fields.get("SourcePath") or fields.get("FragmentPath") or None,
            "pid": as_int(fields.get("MainPID")) or None,
            "triggered_by": sorted(fields.get("TriggeredBy", "").split()),
            "listens": [one for one in map(parse_listen, lines) if one],
        }
    return [found[name] for name in sorted(found)]


def states(look):
    """All of them; asks systemd once per trip."""
    return look.once("units", lambda: parse(look.must(SHOW, label=" ".join(SHOW[:6]) + " UNITS")))


def collect(look, options):
    """units"""
    value = states(look)
    if not value:
        raise SourceError("systemctl show: names no unit")
    return value
