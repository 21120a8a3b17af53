# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

DOCUMENTATION = r"""
name: call
author: iepc.prep contributors (@iepc-prep)
short_description: A call for diffusers as data
version_added: 0.1.0
description:
  - Reads the call (convocatoria) that sets the rules - its clauses, controls, stages, dates and ports.
options:
  _terms:
    description: Name of a call that comes with the collection, or the path of a YAML file.
    required: true
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show the stages for which an outlet names a contact
  ansible.builtin.debug:
    msg: "{{ lookup('iepc.prep.call', prep_call).stages }}"
"""

RETURN = r"""
_raw:
  description: One mapping per call named.
  type: list
  elements: dict
"""

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import CallError, load_call


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        variables = variables or {}
        bases = [str(variables[key]) for key in ("inventory_dir", "playbook_dir") if variables.get(key)]
        try:
            return [load_call(term, bases) for term in terms]
        except CallError as problem:
            raise AnsibleError(str(problem)) from problem
