# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Who looked at a server, and what the firewall owes them.

Whether a vantage point is a stranger is what the result on closed ports hangs on, so it is never
taken on trust: the address that it really has is compared with the allow-list.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils import addresses

# Addresses that no server beyond the own network ever sees (RFC 1918, RFC 6598, RFC 3927, RFC 4193, loopback).
_INNER = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1",
)


def held(networks, address):
    """Whether one of the networks holds the address."""
    return any(addresses.contains(network, address) for network in networks or [])


def _is_address(text):
    try:
        addresses.parse_address(text)
    except addresses.AddressError:
        return False
    return True


def seen_as(source, target, declared=None):
    """The address by which a server sees a vantage point; None if that can't be known.

    :arg source: the address of its socket
    :arg target: the server's address
    :arg declared: the address that the inventory says it has outside (prep_vantage_address)
    """
    if declared:
        # Text that is no address is in no list, and would make a stranger of a friend.
        return declared if _is_address(declared) else None
    # A private address towards a public one: somebody translates on the way, to what nobody said.
    if not source or (held(_INNER, source) and not held(_INNER, target)):
        return None
    return source


def standing(address, allowed_sources, admin_sources):
    """(allowed, admin): whether the allow-list, and the list of the outlet's own administrators, hold it.

    Both None where the address isn't known: then nothing can be expected of the restricted ports.
    """
    if address is None:
        return None, None
    return held(allowed_sources, address), held(admin_sources, address)
