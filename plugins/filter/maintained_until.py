# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A server's facts as the day on which its maintenance ends."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.end_of_life import maintained_until as look_up

DOCUMENTATION = r'''
name: maintained_until
short_description: Last day of a system's security updates, and who says so
version_added: 0.1.0
description:
  - Looks a server's distribution up in the table of ends of maintenance, the same by which the control
    C(system.maintained) judges.
options:
  _input:
    description: The facts of a server, gathered with the subset C(min).
    type: dict
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Show the last day
  ansible.builtin.debug:
    msg: "{{ (ansible_facts | iepc.prep.maintained_until).date }}"
'''

RETURN = r'''
_value:
  description: C(date) as YYYY-MM-DD and C(source); both empty for a system that is not known.
  type: dict
'''

# What Ansible calls a distribution -> ID of os-release(5).
IDS = {'CentOS': 'centos', 'Rocky': 'rocky', 'AlmaLinux': 'almalinux', 'RedHat': 'rhel', 'OracleLinux': 'ol',
       'Debian': 'debian'}


def maintained_until(facts):
    """See DOCUMENTATION."""
    found = look_up(IDS.get(facts['distribution'], ''), facts['distribution_major_version'],
                    facts.get('distribution_release', ''))
    date, source = found or ('', '')
    return {'date': date, 'source': source}


class FilterModule(object):
    def filters(self):
        return {'maintained_until': maintained_until}
