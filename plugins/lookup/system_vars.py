# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of variables that differ between systems."""

from __future__ import annotations

DOCUMENTATION = """
name: system_vars
author:
  - iepc.prep contributors (@iepc-prep)
short_description: Files of variables that differ between systems
version_added: "0.1.0"
description:
  - The files C(vars/FAMILY.yml) and C(vars/FAMILY_MAJOR.yml) of roles of the collection, from which a server of this
    family and major version takes its names, the more special one after the more general.
  - A playbook of many roles loads them in one task, and then takes C(tasks_from=converge) of each role.
options:
  _terms:
    description: Names of roles; all of the collection's if none is given.
    type: list
    elements: str
notes:
  - Needs C(ansible_facts['os_family']) and C(ansible_facts['distribution_major_version']).
"""

EXAMPLES = """
- name: Load what differs between systems
  ansible.builtin.include_vars: "{{ item }}"
  loop: "{{ query('iepc.prep.system_vars', 'apache') }}"
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
        roles = COLLECTION / "roles"
        chosen = [roles / str(term) for term in terms] or sorted(roles.iterdir())
        return [str(path) for role in chosen for name in names if (path := role / "vars" / name).is_file()]
