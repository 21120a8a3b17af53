# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What `sshd -T` has to say when some settings hold."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.sshd_files import split

DOCUMENTATION = r'''
name: sshd_answers
short_description: The lines of sshd -T that prove some settings
version_added: 0.1.0
description:
  - Turns settings for sshd into the lines that C(sshd -T) prints when they hold, in the words that it uses.
    Options that an sshd built without them does not print are left out.
options:
  _input:
    description: Text as of sshd_config(5).
    type: str
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Show what sshd has to say
  ansible.builtin.debug:
    msg: "{{ 'PermitRootLogin prohibit-password' | iepc.prep.sshd_answers }}"
'''

RETURN = r'''
_value:
  description: Lines such as C(permitrootlogin without-password).
  type: list
  elements: str
'''

# sshd answers with the older of two names for the same thing.
OLDER_NAMES = {
    ('permitrootlogin', 'prohibit-password'): 'without-password',
}
# Not printed where sshd was built without it.
OPTIONAL = ('gssapiauthentication',)


def sshd_answers(settings):
    """See DOCUMENTATION."""
    lines = []
    for line in settings.splitlines():
        found = split(line)
        if found is None or found[0] in OPTIONAL:
            continue
        keyword, value = found
        value = OLDER_NAMES.get((keyword, value), value)
        # An alias since OpenSSH 8.7; older ones print both.
        keyword = 'kbdinteractiveauthentication' if keyword == 'challengeresponseauthentication' else keyword
        lines.append('%s %s' % (keyword, value))
    return lines


class FilterModule(object):
    def filters(self):
        return {'sshd_answers': sshd_answers}
