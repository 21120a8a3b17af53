# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of variables that differ between systems, of all roles."""

from __future__ import annotations

DOCUMENTATION = """
name: system_vars
author:
  - iepc.prep contributors (@iepc-prep)
short_description: Files of variables that differ between systems, of all roles
version_added: "0.1.0"
description:
  - The files C(vars/FAMILY.yml) and C(vars/FAMILY_MAJOR.yml) of the collection's roles that a server of this family and
    major version takes its names from, the more special one after the more general.
  - A playbook of many roles loads them in one task, where each role alone has one of its own.
options:
  _terms:
    description: Nothing.
notes:
  - Needs C(ansible_facts['os_family']) and C(ansible_facts['distribution_major_version']).
"""

EXAMPLES = """
- name: Load what differs between systems
  ansible.builtin.include_vars: "{{ item }}"
  loop: "{{ query('iepc.prep.system_vars') }}"
"""

RETURN = """
_raw:
  description: Paths on the controller.
  type: list
  elements: path
"""

from ansible.plugins.lookup import LookupBase
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import COLLECTION


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        facts = (variables or {}).get("ansible_facts", {})
        family = facts.get("os_family", "")
        names = (f"{family}.yml", f"{family}_{facts.get('distribution_major_version', '')}.yml")
        return [
            str(path)
            for role in sorted((COLLECTION / "roles").iterdir())
            for name in names
            if (path := role / "vars" / name).is_file()
        ]
