# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Which options of a role are malformed, one line each, before anything is changed."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible.errors import AnsibleFilterError
from ansible_collections.iepc.prep.plugins.module_utils import option_formats

DOCUMENTATION = r'''
name: misfits
short_description: Which options of a role are malformed, one line each
version_added: 0.1.0
description:
  - Judges the values of a role's options and returns a line for each that doesn't fit its format, with the
    option's name, what was expected and what was got.
  - A value that fits can stand in a daemon's configuration without adding to it.
options:
  _input:
    description:
      - Options, each with C(name), C(format) and C(value), or C(values) where each entry of a list is judged.
        C(optional) lets an empty value pass; C(least) and C(most) bound the format C(number).
    type: list
    elements: dict
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Check the options
  ansible.builtin.assert:
    that: __wrong | length == 0
    fail_msg: "{{ __wrong | join('; ') }}"
  vars:
    __wrong: >-
      {{ [{'name': 'apache_cache_seconds', 'value': apache_cache_seconds, 'format': 'number', 'least': 0, 'most': 30}]
         | iepc.prep.misfits }}
'''

RETURN = r'''
_value:
  description: A line for each malformed value; empty when all is well.
  type: list
  elements: str
'''


def misfits(options):
    """See DOCUMENTATION."""
    for option in options:
        if option.get('format') not in option_formats.FORMATS:
            raise AnsibleFilterError('misfits: %s: unknown format %r' % (option.get('name'), option.get('format')))
    return option_formats.misfits(options)


class FilterModule(object):
    def filters(self):
        return {'misfits': misfits}
