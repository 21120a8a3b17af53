# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Public keys of accounts, as the files that config_transaction writes."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r'''
name: key_files
short_description: One root-owned file of public keys per account
version_added: 0.1.0
description:
  - Turns a list of keys into entries for the module C(iepc.prep.config_transaction), one file per
    account, whatever the order of the list.
positional: directory
options:
  _input:
    description: Keys, each with C(user) and C(key).
    type: list
    elements: dict
    required: true
  directory:
    description: Where the files go; sshd's C(AuthorizedKeysFile) names it.
    type: path
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Show the files
  ansible.builtin.debug:
    msg: "{{ sshd_hardening_authorized_keys | iepc.prep.key_files('/etc/ssh/prep_authorized_keys') }}"
'''

RETURN = r'''
_value:
  description: Entries with C(path), C(content), C(owner), C(group) and C(mode).
  type: list
  elements: dict
'''

HEAD = '# Written by iepc.prep (role sshd_hardening).\n'


def key_files(keys, directory):
    """See DOCUMENTATION."""
    lines = {}
    for index, entry in enumerate(keys):
        try:
            lines.setdefault(entry['user'], []).append(entry['key'].strip())
        except (KeyError, TypeError, AttributeError):
            raise AnsibleFilterError('key_files: entry %d: expected user and key' % index)
    return [
        {'path': '%s/%s' % (directory, user), 'content': HEAD + '\n'.join(lines[user]) + '\n',
         'owner': 'root', 'group': 'root', 'mode': '0644'}
        for user in sorted(lines)
    ]


class FilterModule(object):
    def filters(self):
        return {'key_files': key_files}
