# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: validate_inputs
short_description: Validate an inventory of diffusers before any server is touched
version_added: 0.1.0
description:
  - Judges on the controller, without connecting anywhere, whether the inventory is complete and well-formed -
    contacts for every stage of the call, addresses of the allow-list, known keys, secrets, waivers, attestations.
  - Fails with one line per mistake, naming file, key, what was expected and what was found.
  - Runs as an action plugin. Use it with C(run_once), since it looks at all diffusers at once.
options:
  group:
    description: Inventory group whose hosts are the diffusers.
    type: str
    default: diffusers
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Changes nothing, in check mode or not.
    support: full
"""

EXAMPLES = r"""
- name: Validate what the inventory says
  iepc.prep.validate_inputs:
  run_once: true
"""

RETURN = r"""
msg:
  description: Says that the inventory is well-formed, or that it is not and then one line per mistake.
  returned: always
  type: str
  sample: |-
    The inventory has mistakes; no server was touched.
    host_vars/difusor.yml: prep_domain: expected the public host name of the mirror, got "prep"
"""
