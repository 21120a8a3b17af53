#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin of the same name."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: outcome
short_description: Say the last word on each host, in Ansible's own terms
version_added: "0.1.0"
description:
  - A run goes on to its report although hosts can't be reached or fail. This task, the last one, makes
    Ansible's recap and exit code say what happened all the same.
  - A host that could not be reached becomes unreachable (exit code 4), one that could not be converged or
    read fails (exit code 2); all others are ok.
options:
  verdicts:
    description: RV(iepc.prep.compliance_report#module:verdicts). Without it the host's own variables are asked.
    type: dict
    default: {}
  fail_on_findings:
    description: Also fail a host for which a required control is not met.
    type: bool
    default: false
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
"""

EXAMPLES = r"""
- name: Say the last word on each host
  iepc.prep.outcome:
    verdicts: "{{ prep_compliance.verdicts }}"
"""

RETURN = r"""
msg:
  description: The verdict, or why the host is unreachable or failed.
  returned: always
  type: str
  sample: APTO CON OBSERVACIONES
"""
