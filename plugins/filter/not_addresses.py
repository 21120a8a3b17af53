# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The entries of a list that are no IP addresses or networks."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.addresses import AddressError, parse_network

DOCUMENTATION = r'''
name: not_addresses
short_description: The entries of a list that are no IP addresses or networks
version_added: 0.2.0
description:
  - Reads each entry as strictly as the inventory is read, so that host bits in a network count as a mistake.
options:
  _input:
    description: Entries that should be addresses or networks.
    type: list
    elements: str
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Stop at an address that is none
  ansible.builtin.assert:
    that: addresses | iepc.prep.not_addresses | length == 0
'''

RETURN = r'''
_value:
  description: One text per bad entry, with what was expected and what was given.
  type: list
  elements: str
'''


def not_addresses(entries):
    """See DOCUMENTATION."""
    mistakes = []
    for entry in entries:
        try:
            parse_network(entry)
        except AddressError as error:
            mistakes.append('expected %s, got %r' % (error, entry))
    return mistakes


class FilterModule(object):
    """The filter of this file."""

    def filters(self):
        """Name and function."""
        return {'not_addresses': not_addresses}
