#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin of the same name."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: standing
short_description: Tell whether a server stands as the last whole run left it
version_added: "0.1.0"
description:
  - A whole run of the site playbook leaves a record of each server on the control node; a digest of what the roles were
    told (variables, call, versions), and one for each area of what was in effect on the server at its end (states of
    files, published places, packages, units, who listens, rules of the firewall, the kernel's settings, jails,
    addresses and boot).
  - Where a later run is told the same and one trip finds the same, the roles have nothing to bring about and are left
    out. Whatever differs or can't be read, and any record older than 24 hours, makes the run a whole one.
  - What differs beside files that are as they were (rules flushed at run time, a port opened, settings set by hand,
    a jail stopped) is named in RV(anew), and M(iepc.prep.config_transaction) loads it once more.
  - C(-e prep_thorough=true) makes every run a whole one.
  - This is an action plugin; it runs M(iepc.prep.host_evidence) on the server, and writes on the control node alone.
options:
  state:
    description: Whether to compare a server with its record before a run, or to write one down after it.
    type: str
    choices: [compared, kept]
    required: true
  directory:
    description: Where the records are kept on the control node.
    type: path
    required: true
  evidence:
    description: Options of M(iepc.prep.host_evidence), for O(state=compared).
    type: dict
    default: {}
  read:
    description:
      - What M(iepc.prep.host_evidence) returned at the end of the run, C(footprint) with it, for O(state=kept).
    type: dict
    default: {}
notes:
  - Who is banned, counters, and published cuts are no difference.
  - A record is taken for what it says. Who can write in the workspace can make any run do anything.
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: In check mode, as in the call's freeze, no server is taken to stand and nothing is written.
    support: full
"""

EXAMPLES = r"""
- name: See whether the server stands as it was left
  iepc.prep.standing:
    state: compared
    directory: "{{ inventory_dir }}/.standing"
  register: prep_standing

- name: Have nothing to do
  ansible.builtin.meta: end_host
  when: prep_standing.stands
"""

RETURN = r"""
stands:
  description: Whether the server is as it was left, and the run is told what that one was told.
  returned: when O(state=compared)
  type: bool
since:
  description: When the run ended that left it so, UTC; empty without a record.
  returned: when O(state=compared)
  type: str
  sample: "2026-11-29T08:14:00Z"
differs:
  description: Areas that are not as they were left.
  returned: when O(state=compared)
  type: list
  elements: str
  sample: [firewall]
unread:
  description: Areas that could not be read, as on a server too busy to answer in time; none of them stands.
  returned: when O(state=compared)
  type: list
  elements: str
  sample: [bans]
anew:
  description: Transactions that have to load what they wrote once more.
  returned: when O(state=compared)
  type: list
  elements: str
  sample: [firewalld, ddos-connections]
inputs:
  description: Digest of what the roles are told.
  returned: when O(state=compared)
  type: str
read:
  description: What M(iepc.prep.host_evidence) returned.
  returned: when the server stands
  type: dict
kept:
  description: Whether a record was written.
  returned: when O(state=kept)
  type: bool
"""
