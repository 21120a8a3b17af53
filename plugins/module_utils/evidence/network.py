# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Addresses, ways out, and bonded interfaces."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import json
import os
import re
import socket
import sys

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text

ADDRESSES = ("ip", "-o", "addr", "show")
# /proc/net/route has the main table alone, and of a route with several next hops only the first.
ROUTES = (("ip", "-o", "-4", "route", "show", "table", "all", "default"),
          ("ip", "-o", "-6", "route", "show", "table", "all", "default"))
TEAMS = "/run/teamd"
_HOP = re.compile(r"(?:via (?:inet6 )?(\S+) )?dev (\S+)")
_ADDRESS = re.compile(
    r"^\d+:\s+(\S+)\s+inet(6?)\s+([0-9a-fA-F.:]+)(?:\s+peer\s+[0-9a-fA-F.:]+)?(?:/(\d+))?\s+(.*)$"
)
RTF_GATEWAY = 0x2
RTF_REJECT = 0x200


def commands(reader, options):
    """Commands worth starting ahead."""
    return [ADDRESSES] + list(ROUTES)


def parse_routes_v4(text, byteorder=sys.byteorder):
    """/proc/net/route -> default routes [{family, via, dev, metric}].

    Addresses there are in the machine's byte order.
    """
    routes = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or fields[1] != "00000000" or fields[7] != "00000000":
            continue
        flags = int(fields[3], 16)
        if flags & RTF_REJECT:
            continue
        via = None
        if flags & RTF_GATEWAY:
            packed = binascii.unhexlify(fields[2].encode("ascii"))
            via = to_text(socket.inet_ntop(socket.AF_INET, packed[::-1] if byteorder == "little" else packed))
        routes.append({"family": 4, "via": via, "dev": fields[0], "metric": int(fields[6])})
    return routes


def parse_routes_v6(text):
    """/proc/net/ipv6_route -> default routes; the kernel's own reject routes are left out."""
    routes = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 10 or fields[0] != "0" * 32 or fields[1] != "00" or fields[9] == "lo":
            continue
        flags = int(fields[8], 16)
        if flags & RTF_REJECT:
            continue
        via = None
        if flags & RTF_GATEWAY:
            via = to_text(socket.inet_ntop(socket.AF_INET6, binascii.unhexlify(fields[4].encode("ascii"))))
        routes.append({"family": 6, "via": via, "dev": fields[9], "metric": int(fields[5], 16)})
    return routes


def parse_ip_routes(text, family):
    """`ip -o route show table all default` -> routes, one for each next hop."""
    routes = []
    for line in text.splitlines():
        if not line.startswith("default"):
            continue
        metric = re.search(r"\bmetric (\d+)", line)
        for via, dev in _HOP.findall(line):
            if dev != "lo":
                routes.append({"family": family, "via": via or None, "dev": dev,
                               "metric": int(metric.group(1)) if metric else 0})
    return routes


def parse_addresses(text):
    """`ip -o addr` -> [{dev, family, address, prefix, scope}] without loopback."""
    found = []
    for line in text.splitlines():
        match = _ADDRESS.match(line)
        if not match or match.group(1) == "lo":
            continue
        scope = re.search(r"scope (\w+)", match.group(5))
        found.append(
            {
                "dev": match.group(1).partition("@")[0],
                "family": 6 if match.group(2) else 4,
                "address": match.group(3),
                "prefix": int(match.group(4)) if match.group(4) else None,
                "scope": scope.group(1) if scope else "",
            }
        )
    return found


def parse_bond(name, text):
    """/proc/net/bonding/NAME -> {name, mode, active, members: [{dev, up}]}; active: the one in use, null for all."""
    mode = re.search(r"^Bonding Mode: (.+)$", text, re.M)
    active = re.search(r"^Currently Active Slave: (\S+)$", text, re.M)
    members = re.findall(r"^Slave Interface: (\S+)\nMII Status: (\S+)", text, re.M)
    return {
        "name": name,
        "mode": mode.group(1) if mode else "",
        "active": active.group(1) if active and active.group(1) != "None" else None,
        "members": [{"dev": dev, "up": status == "up"} for dev, status in members],
    }


def parse_team(name, text):
    """`teamdctl NAME state dump` (JSON) -> the same. Raises SourceError."""
    try:
        state = json.loads(text)
        ports = state.get("ports") or {}
        return {
            "name": name,
            "mode": "team %s" % state["setup"]["runner_name"],
            "active": (state.get("runner") or {}).get("active_port"),
            "members": [{"dev": dev, "up": bool(ports[dev]["link"]["up"])} for dev in sorted(ports)],
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SourceError("teamdctl %s state dump: not in a known form" % name)


def collect(look, options):
    """network"""
    table = look.read("/proc/net/route")
    addresses = parse_addresses(look.must(ADDRESSES))
    if "Destination" not in table.partition("\n")[0] or not addresses:
        raise SourceError("neither routes nor addresses in a known form")
    routes = parse_routes_v4(table)
    routes += parse_routes_v6(look.read_if_there("/proc/net/ipv6_route") or "")
    for family, command in ((4, ROUTES[0]), (6, ROUTES[1])):
        output = look.run(command)
        known = set((route["family"], route["via"], route["dev"]) for route in routes)
        for route in parse_ip_routes(output.out, family) if output.rc == 0 else []:
            if (family, route["via"], route["dev"]) not in known:
                routes.append(route)
    bonds = []
    for name in look.listdir("/proc/net/bonding"):
        bonds.append(parse_bond(name, look.read(os.path.join("/proc/net/bonding", name))))
    for name in look.listdir(TEAMS):
        if name.endswith(".pid"):
            team = name[: -len(".pid")]
            bonds.append(parse_team(team, look.must(["teamdctl", team, "state", "dump"])))
    return {"default_routes": routes, "addresses": addresses, "bonds": bonds}
