# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The sources of one family, without those that others of them hold."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible.errors import AnsibleFilterError
from ansible_collections.iepc.prep.plugins.module_utils.addresses import AddressError, parse_network

DOCUMENTATION = r'''
name: outermost_sources
short_description: Addresses and networks of one family, without what lies in another of them
version_added: 0.1.0
description:
  - nftables refuses a set whose intervals overlap, so C(10.0.0.0/8) and C(10.1.2.3) can't both be in one.
    The wider one says it all.
positional: family
options:
  _input:
    description: Addresses and networks of both families.
    type: list
    elements: str
    required: true
  family:
    description: 4 or 6.
    type: int
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Show what the set for IPv4 holds
  ansible.builtin.debug:
    msg: "{{ ['10.0.0.0/8', '10.1.2.3', '2001:db8::1'] | iepc.prep.outermost_sources(4) }}"
'''

RETURN = r'''
_value:
  description: The sources as they were written, by address.
  type: list
  elements: str
'''


def outermost_sources(sources, family):
    """See DOCUMENTATION."""
    bits = 32 if family == 4 else 128
    networks = {}
    for source in sources:
        try:
            kind, first, length = parse_network(source)
        except AddressError as error:
            raise AnsibleFilterError('outermost_sources: expected %s, got %s' % (error, source))
        if kind == family:
            networks[(first, first + (1 << (bits - length)) - 1)] = source
    kept = []
    # The wider of two that start alike comes first.
    for first, last in sorted(networks, key=lambda ends: (ends[0], -ends[1])):
        if not kept or last > kept[-1][1]:
            kept.append((first, last))
    return [networks[ends] for ends in kept]


class FilterModule(object):
    def filters(self):
        return {'outermost_sources': outermost_sources}
