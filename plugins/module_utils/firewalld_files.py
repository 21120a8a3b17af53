# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""firewalld's files and answers: what of them opens a way past the default zone.

A packet belongs to the zone of its source address, else to that of its interface, else to the
default zone (firewalld.zones(5)); direct rules and policies come beside zones.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re
from xml.etree import ElementTree

# Elements of a policy that let something in.
OPENING = ("service", "port", "protocol", "source-port", "forward-port")
# iptables' words: a rule that accepts, or a chain's policy.
ACCEPTS = re.compile(r"(?:(?:-j|--jump)\s+|(?:-P|--policy)\s+\S+\s+)ACCEPT\b")


def parse_zone(text):
    """A zone file -> (interfaces, sources). Raises ValueError when it is no XML."""
    root = _root(text)
    interfaces = [one.get("name") for one in root.findall("interface") if one.get("name")]
    sources = []
    for one in root.findall("source"):
        sources.extend(one.get(key) for key in ("address", "mac", "ipset") if one.get(key))
    return interfaces, sources


def parse_active(text):
    """`firewall-cmd --get-active-zones` -> {zone: {'interfaces': [...], 'sources': [...]}}."""
    zones = {}
    zone = None
    for line in text.splitlines():
        field = re.match(r"^\s+(interfaces|sources):\s*(.*)$", line)
        if field and zone:
            zones[zone][field.group(1)] = field.group(2).split()
        elif line.strip() and not line[0].isspace():
            # Newer ones add "(default)".
            zone = line.split()[0]
            zones[zone] = {"interfaces": [], "sources": []}
    return zones


def accepting_direct(text):
    """direct.xml -> the rules in it that accept, as text. Raises ValueError when it is no XML."""
    found = []
    for one in _root(text):
        words = " ".join((one.text or "").split())
        if one.tag in ("rule", "passthrough") and ACCEPTS.search(words):
            found.append("%s %s" % (one.get("ipv") or "ipv4", words))
    return found


def opening_policy(text):
    """Whether a policy file lets something in to the server itself. Raises ValueError when it is no XML."""
    root = _root(text)
    to_host = any(one.get("name") in ("HOST", "ANY") for one in root.findall("egress-zone"))
    accepts = root.get("target") == "ACCEPT" or any(root.findall(tag) for tag in OPENING)
    rules = [rule for rule in root.findall("rule") if rule.find("accept") is not None]
    return to_host and bool(accepts or rules)


def _root(text):
    try:
        # As bytes: the declaration names an encoding, which text may not have.
        return ElementTree.fromstring(text if isinstance(text, bytes) else text.encode("utf-8"))
    except ElementTree.ParseError as error:
        raise ValueError("no XML: %s" % error)
