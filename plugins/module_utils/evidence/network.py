# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Addresses, ways out, and bonded interfaces."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import os
import re
import socket
import sys

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text

ADDRESSES = ("ip", "-o", "addr", "show")
_ADDRESS = re.compile(
    r"^\d+:\s+(\S+)\s+inet(6?)\s+([0-9a-fA-F.:]+)(?:\s+peer\s+[0-9a-fA-F.:]+)?(?:/(\d+))?\s+(.*)$"
)
RTF_GATEWAY = 0x2
RTF_REJECT = 0x200


def commands(reader, options):
    """Commands worth starting ahead."""
    return [ADDRESSES]


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
    """/proc/net/bonding/NAME -> {name, mode, members: [{dev, up}]}."""
    mode = re.search(r"^Bonding Mode: (.+)$", text, re.M)
    members = re.findall(r"^Slave Interface: (\S+)\nMII Status: (\S+)", text, re.M)
    return {
        "name": name,
        "mode": mode.group(1) if mode else "",
        "members": [{"dev": dev, "up": status == "up"} for dev, status in members],
    }


def collect(look, options):
    """network"""
    table = look.read("/proc/net/route")
    addresses = parse_addresses(look.must(ADDRESSES))
    if "Destination" not in table.partition("\n")[0] or not addresses:
        raise SourceError("neither routes nor addresses in a known form")
    routes = parse_routes_v4(table)
    routes += parse_routes_v6(look.read_if_there("/proc/net/ipv6_route") or "")
    bonds = []
    for name in look.listdir("/proc/net/bonding"):
        bonds.append(parse_bond(name, look.read(os.path.join("/proc/net/bonding", name))))
    return {"default_routes": routes, "addresses": addresses, "bonds": bonds}
