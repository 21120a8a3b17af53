# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: contact
short_description: Make the first contact with a server and say whether it can be converged from here
version_added: 0.1.0
description:
  - Runs one read-only shell script on the server, which needs no Python there, and judges what it says -
    system, root, Python against this controller's ansible-core, disk, clock, time zone data, other firewalls,
    and whether the address that the server sees the control node come from is in the allow-list.
  - Never fails and never makes a host unreachable, so that every host, reached or not, ends up in the report.
    Look at RV(reached) and RV(blocking).
  - Runs as an action plugin.
options:
  allowed_sources:
    description: Addresses and networks from which 22 and 873 will be open on this server.
    type: list
    elements: str
    default: []
  control_nodes:
    description: Addresses of control nodes, which are never banned. The one in use should be among them.
    type: list
    elements: str
  allow:
    description: Slugs of findings that somebody decided to go past.
    type: list
    elements: str
    default: []
  min_free_mb:
    description: Free space needed, in MiB, by path. By default what the roles need under /, /var and /srv.
    type: dict
  ssh_port:
    description: Where sshd is going to listen.
    type: int
    default: 22
  open_ports:
    description: Ports that the firewall is going to let in from the allow-list.
    type: list
    elements: int
    default: [22]
  keys_for:
    description: Accounts that the run is going to authorise a key for.
    type: list
    elements: str
    default: []
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Only reads, in check mode or not.
    support: full
"""

EXAMPLES = r"""
- name: Make the first contact
  iepc.prep.contact:
    allowed_sources: "{{ prep_allowed_sources }}"
  register: prep_contact
"""

RETURN = r"""
reached:
  description: Whether the server answered.
  returned: always
  type: bool
reason:
  description: Why it was not reached, or what keeps it from being converged. Empty if nothing does.
  returned: always
  type: str
blocking:
  description: The findings that forbid converging, as lines. Empty if nothing does.
  returned: always
  type: list
  elements: str
findings:
  description: What is not as it should be.
  returned: always
  type: list
  elements: dict
  contains:
    slug:
      description: Stable name of the finding.
      type: str
    blocking:
      description: Whether it forbids converging.
      type: bool
    allowed:
      description: Whether O(allow) lists it.
      type: bool
    message:
      description: What is wrong and what to do, in one line.
      type: str
messages:
  description: The findings as lines.
  returned: always
  type: list
  elements: str
address:
  description: Where the server was looked for.
  returned: always
  type: str
at:
  description: When, in UTC.
  returned: always
  type: str
core_version:
  description: The controller's ansible-core.
  returned: always
  type: str
os_release:
  description: System as in os-release(5), with the full version.
  returned: when reached
  type: dict
uid:
  description: User that commands run as.
  returned: when reached
  type: int
pythons:
  description: Pythons found, with path and version.
  returned: when reached
  type: list
  elements: dict
disk:
  description: Total and free MiB by path.
  returned: when reached
  type: dict
ssh_connection:
  description: Both ends of the connection as the server sees them.
  returned: when reached
  type: dict
source_address:
  description: The control node's address as the server sees it.
  returned: when reached over SSH
  type: str
clock_offset_s:
  description: The server's clock minus the control node's, in seconds.
  returned: when reached
  type: float
zone_offset_2027:
  description: UTC offset of America/Monterrey on 2027-06-06.
  returned: when reached
  type: str
firewalls:
  description: Firewall managers that are active.
  returned: when reached
  type: list
  elements: str
"""
