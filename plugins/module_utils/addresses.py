# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""IP addresses and networks with the standard library of Python 2.7 to 3.13.

The ``ipaddress`` module does not exist on Python 2.7, and it forgives things
that are mistakes in an allow-list, so this reads strictly: what is not exactly
an address or a network is refused with a reason that a person can act on.
"""

from __future__ import absolute_import, division, print_function

import binascii
import re
import socket

__metaclass__ = type

# Wider networks than these in an allow-list mean "almost everyone", and two of
# them (0.0.0.0/1 and 128.0.0.0/1) mean everyone.
WIDEST_PREFIX = {4: 8, 6: 16}

_BITS = {4: 32, 6: 128}
_LABEL = re.compile(r"^(?!-)[A-Za-z0-9-]{1,63}(?<!-)\Z")


class AddressError(ValueError):
    """The text is no address or network; ``str()`` says what it should have been.

    :ivar hint: the corrected text where there is an obvious one, else ``None``.
    """

    def __init__(self, message, hint=None):
        super(AddressError, self).__init__(message)
        self.hint = hint


def _packed(text):
    """:returns: (family 4 or 6, integer) of an address in text, or ``None``."""
    for family, number in ((socket.AF_INET, 4), (socket.AF_INET6, 6)):
        try:
            raw = socket.inet_pton(family, text)
        except (socket.error, ValueError, TypeError, UnicodeError):
            continue
        return number, int(binascii.hexlify(raw), 16)
    return None


def _text(family, value):
    """The usual text of an address given as an integer."""
    digits = _BITS[family] // 4
    raw = binascii.unhexlify(("%0" + str(digits) + "x") % value)
    return socket.inet_ntop(socket.AF_INET if family == 4 else socket.AF_INET6, raw)


def parse_address(text):
    """Read one IPv4 or IPv6 address.

    :param text: e.g. ``192.0.2.10`` or ``2001:db8::10``.
    :returns: (family, integer).
    :raises AddressError: when it is not exactly one address.
    """
    found = _packed(text) if is_text(text) else None
    if found is None:
        if is_text(text) and "/" in text:
            raise AddressError("one IP address, without a network prefix", text.split("/")[0])
        raise AddressError("an IPv4 or IPv6 address")
    return found


def parse_network(text):
    """Read an address or a network in CIDR notation (RFC 4632, RFC 4291 2.3).

    :param text: e.g. ``192.0.2.10``, ``192.0.2.0/24`` or ``2001:db8::/32``.
    :returns: (family, first address as an integer, prefix length).
    :raises AddressError: bad address, bad prefix or host bits set.
    """
    if not is_text(text):
        raise AddressError("an IP address or a network such as 192.0.2.0/24")
    address, slash, prefix = text.partition("/")
    found = _packed(address)
    if found is None:
        raise AddressError("an IP address or a network such as 192.0.2.0/24")
    family, value = found
    bits = _BITS[family]
    if not slash:
        return family, value, bits
    if not re.match(r"^[0-9]{1,3}\Z", prefix) or int(prefix) > bits:
        raise AddressError("a prefix length from 0 to %d after the slash" % bits)
    length = int(prefix)
    first = (value >> (bits - length)) << (bits - length)
    if first != value:
        raise AddressError("a network without host bits", "%s/%d" % (_text(family, first), length))
    return family, value, length


def check_source(text):
    """Read an entry of an allow-list: a network narrow enough to mean somebody.

    :returns: what :func:`parse_network` returns.
    :raises AddressError: also for everyone (``0.0.0.0/0``) and for what never is a source.
    """
    family, value, length = parse_network(text)
    if length < WIDEST_PREFIX[family]:
        raise AddressError(
            "IEPC's own addresses (a network of /%d or narrower), never everyone" % WIDEST_PREFIX[family]
        )
    multicast = (value >> 28) == 0xE if family == 4 else (value >> 120) == 0xFF
    if value == 0 or multicast or (family == 4 and value >> 24 == 0):
        raise AddressError("an address that can be the source of a connection")
    return family, value, length


def contains(network, address):
    """Whether *address* (text) lies in *network* (text); ``False`` if either cannot be read."""
    try:
        family, first, length = parse_network(network)
        other_family, value = parse_address(address)
    except AddressError:
        return False
    if family != other_family:
        # A server that listens on :: sees IPv4 clients as ::ffff:a.b.c.d.
        if other_family == 6 and value >> 32 == 0xFFFF and family == 4:
            value &= 0xFFFFFFFF
        else:
            return False
    shift = _BITS[family] - length
    return value >> shift == first >> shift


def is_loopback(address):
    """Whether nobody but the server itself reaches that address."""
    return address.startswith(("127.", "::ffff:127.")) or address == "::1"


def is_host_name(text):
    """Whether *text* is a fully qualified host name (RFC 1123 2.1) and not an address."""
    if not is_text(text) or len(text) > 253 or "." not in text or _packed(text):
        return False
    labels = text.split(".")
    return all(_LABEL.match(label) for label in labels) and not labels[-1].isdigit()


def is_text(value):
    """Whether *value* is text (``str`` or Python 2's ``unicode``)."""
    return isinstance(value, (type(""), type(u"")))  # fmt: skip
