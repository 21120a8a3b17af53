#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin of the same name."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: compliance_report
short_description: Judge all diffusers against a call and write the report
version_added: "0.1.0"
description:
  - Runs on the controller, once for all hosts of the play, and touches no server.
  - Takes of each host what the play gathered (C(prep_contact), C(prep_converge_error), C(prep_evidence),
    C(prep_probes)) and what the inventory declares (C(prep_outlet), C(prep_domain), C(prep_contacts),
    C(prep_documents), C(prep_attestations), C(prep_waivers), C(prep_disputes), C(prep_allowed_sources),
    C(prep_admin_sources); of a vantage point behind address translation C(prep_vantage_address)).
  - Reads on the controller each file that a document, attestation or waiver names, from the inventory's
    directory, and compares its SHA-256 with the one recorded.
  - Evaluates every control of the call. What was not gathered is C(no_evidence), what could not be read is
    C(error); neither ever counts as met. Hosts that could not be reached are in the report as such.
  - Writes C(compliance.json) and a self-contained C(compliance.html), in Spanish, into a directory of the run.
options:
  call:
    description: Name of a call in C(calls/), or the path of a YAML file.
    type: str
    required: true
  dest:
    description: Directory on the controller in which each run gets a directory of its own.
    type: path
    required: true
  read:
    description:
      - Directory on the controller with what workers read on the servers, C(NAME.json) a host, a mapping of the
        variables above and C(worker), the number of who read it. Nothing in it is ever templated.
      - Without it, what this play gathered.
    type: path
  run_id:
    description: Name of the run's directory. By default the time, C(20270606T013000Z).
    type: str
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Writes the report in check mode too, where C(check_mode=false) is set on the task.
    support: full
"""

EXAMPLES = r"""
- name: Judge and write the report
  iepc.prep.compliance_report:
    call: dgo_2022
    dest: "{{ inventory_dir }}/reports"
  run_once: true
  register: prep_compliance
"""

RETURN = r"""
run_id:
  description: Name of the run's directory.
  returned: success
  type: str
  sample: 20270606T013000Z
json:
  description: Path of the report as data.
  returned: success
  type: str
  sample: /srv/iepc/reports/20270606T013000Z/compliance.json
html:
  description: Path of the report for people.
  returned: success
  type: str
  sample: /srv/iepc/reports/20270606T013000Z/compliance.html
verdicts:
  description: "By host: C(verdict), C(contact), C(reason), C(failed_required) (slugs), C(counts)."
  returned: success
  type: dict
  sample: {difusor12: {verdict: APTO, contact: reached, reason: "", failed_required: [], counts: {pass: 52}}}
summary:
  description: Counts of diffusers, controls, verdicts, results and treatments.
  returned: success
  type: dict
table:
  description: One line per diffuser, for a terminal.
  returned: success
  type: list
  elements: str
"""
