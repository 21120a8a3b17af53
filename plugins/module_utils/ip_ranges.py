# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""IP networks as ranges of integers, which is what judging a firewall needs.

A range is ``(family, first, last)``: family 4 or 6, first and last as
integers, both included.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import socket

from ansible_collections.iepc.prep.plugins.module_utils import addresses

_BITS = {4: 32, 6: 128}
_AF = {4: socket.AF_INET, 6: socket.AF_INET6}


def to_text(family, number):
    """The address ``number`` of ``family`` as people write it."""
    digits = "%0*x" % (_BITS[family] // 4, number)
    return str(socket.inet_ntop(_AF[family], binascii.unhexlify(digits.encode("ascii"))))


def parse(text):
    """An address, a network (also with a dotted mask) or a range with a hyphen, IPv4 or IPv6.

    :returns: (family, first, last), or None if it is none of these.
    """
    text = str(text).strip()
    try:
        if "-" in text:
            low, high = [addresses.parse_address(part.strip()) for part in text.split("-", 1)]
            return (low[0], low[1], high[1]) if low[0] == high[0] else None
        address, _dummy, mask = text.partition("/")
        if "." in mask:
            number = addresses.parse_address(mask)[1]
            length = bin(number).count("1")
            if number != ((1 << length) - 1) << (32 - length):
                return None
            text = "%s/%d" % (address, length)
        family, first, length = addresses.parse_network(text)
        return (family, first, first + (1 << (_BITS[family] - length)) - 1)
    except addresses.AddressError:
        return None


def parse_all(texts):
    """Ranges of those ``texts`` that are addresses or networks."""
    found = [parse(text) for text in texts or []]
    return [one for one in found if one is not None]


class Address(object):
    """One address, read once to be looked for in many ranges."""

    def __init__(self, text):
        self.text = str(text)
        self._range = parse(text)

    def __str__(self):
        return self.text

    def within_any(self, ranges):
        """Whether it is in one of ``ranges``."""
        if self._range is None:
            return False
        mine, low, high = self._range
        for family, first, last in ranges:
            if first <= low and high <= last and family == mine:
                return True
        return False


def holds(ranges, address):
    """Whether ``address`` (text) is in one of ``ranges``."""
    return Address(address).within_any(ranges)


def edges(one):
    """Addresses that tell whether exactly this range is let in.

    :returns: texts: first and last address of it, and the neighbours on each side.
    """
    family, first, last = one
    top = (1 << _BITS[family]) - 1
    numbers = sorted(set([first, last, max(first - 1, 0), min(last + 1, top)]))
    return [to_text(family, number) for number in numbers]
