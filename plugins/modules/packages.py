#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: packages
short_description: Install packages with the system's own manager, whatever Python drives the host
version_added: 0.1.0
description:
  - Hands over to ansible-core's C(apt), C(dnf) or C(yum) module. On Debian it
    runs that module under the Python 3 that owns the apt binding, even where
    the host is driven through Python 2.7, and asks again with a fresh index
    when a package was not found in the one at hand.
  - Skips itself where C(prep_software) tells that all is installed, see M(iepc.prep.component_versions).
  - This is an action plugin; needs C(ansible_facts['pkg_mgr']).
options:
  name:
    description: Names of the packages; all are installed in one call.
    type: list
    elements: str
    required: true
  state:
    description: Whether what is installed is enough, or has to be the newest that the package sources have.
    type: str
    choices: [present, latest]
    default: present
  along:
    description:
      - Packages that later tasks of the same playbook ask for, a list for each stage of it. When something has to be
        installed, the rest of the first list that has all of O(name) is installed in the same call; each call makes
        the manager read its whole database.
      - Left out in a run by tags. Should the call fail, O(name) is tried alone.
    type: list
    elements: list
    default: []
attributes:
  check_mode:
    description: As the manager's module does it.
    support: full
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Install Apache
  iepc.prep.packages:
    name: [apache2, openssl]
'''

RETURN = r''' # '''
