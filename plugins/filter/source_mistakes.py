# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a list of addresses, for a role that is used without the playbooks' input check."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.addresses import AddressError, check_source

DOCUMENTATION = r'''
name: source_mistakes
short_description: One line for each entry of a list that is no address or network of somebody
version_added: 0.1.0
description:
  - Each entry has to be an IPv4 or IPv6 address or network, without host bits, and narrow enough not to mean everyone.
positional: variable
options:
  _input:
    description: Addresses and networks.
    type: list
    elements: str
    required: true
  variable:
    description: Name of the variable, for the message.
    type: str
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Refuse what is no address
  ansible.builtin.assert:
    that: firewalld_allowed_sources | iepc.prep.source_mistakes('firewalld_allowed_sources') | length == 0
'''

RETURN = r'''
_value:
  description: Lines with variable, index, what was expected and what was given.
  type: list
  elements: str
'''


def source_mistakes(sources, variable):
    """See DOCUMENTATION."""
    lines = []
    for index, source in enumerate(sources):
        try:
            check_source(source)
        except AddressError as error:
            hint = ' (did you mean %s?)' % error.hint if error.hint else ''
            lines.append('%s[%d]: expected %s, got %s%s' % (variable, index, error, source, hint))
    return lines


class FilterModule(object):
    def filters(self):
        return {'source_mistakes': source_mistakes}
