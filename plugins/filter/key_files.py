# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Public keys of accounts, as the files that config_transaction writes."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible.errors import AnsibleFilterError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.sshd import parse_keys

DOCUMENTATION = r'''
name: key_files
short_description: One root-owned file of public keys per account
version_added: 0.1.0
description:
  - Turns a list of keys into entries for the module C(iepc.prep.config_transaction), one file per
    account, whatever the order of the list. A line that is no public key, or would be a weak one, is refused.
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

# useradd(8); as a file's name it must not lead out of the directory either.
USER = re.compile(r'^[a-z_][a-z0-9_.-]{0,30}[a-z0-9_$-]?$')
HEAD = '# Written by iepc.prep (role sshd_hardening).\n'


def key_mistake(user, key):
    """What is wrong with an entry, else None."""
    if not USER.match(user):
        return 'user: expected the name of an account, got %r' % user
    if 'PRIVATE KEY' in key:
        return 'key: expected a public key, got a private one; make a new pair, this one has been shown'
    found = parse_keys(key)
    if len(found) != 1 or found[0]['type'] == 'unreadable':
        shown = key if len(key) <= 40 else key[:40] + '...'
        return 'key: expected one public key line, as in id_ed25519.pub, got %r' % shown
    if found[0]['type'].startswith('ssh-dss') or (found[0]['type'] == 'ssh-rsa' and (found[0]['bits'] or 0) < 2048):
        return 'key: expected Ed25519, ECDSA or RSA of 2048 bits or more, got %s of %s bits' % (
            found[0]['type'], found[0]['bits'])
    return None


def key_files(keys, directory):
    """See DOCUMENTATION."""
    lines = {}
    for index, entry in enumerate(keys):
        try:
            user, key = entry['user'], entry['key'].strip()
        except (KeyError, TypeError, AttributeError):
            raise AnsibleFilterError('sshd_hardening_authorized_keys[%d]: expected user and key' % index)
        mistake = key_mistake(user, key)
        if mistake:
            raise AnsibleFilterError('sshd_hardening_authorized_keys[%d].%s' % (index, mistake))
        lines.setdefault(user, []).append(key)
    return [
        {'path': '%s/%s' % (directory, user), 'content': HEAD + '\n'.join(lines[user]) + '\n',
         'owner': 'root', 'group': 'root', 'mode': '0644'}
        for user in sorted(lines)
    ]


class FilterModule(object):
    def filters(self):
        return {'key_files': key_files}
