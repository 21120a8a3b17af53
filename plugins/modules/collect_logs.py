#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin of the same name."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: collect_logs
short_description: Bring a server's logs of a window to the control node
version_added: "0.1.0"
description:
  - Lists the logs that overlap the window by M(iepc.prep.log_listing), fetches what is not here yet over Ansible's own
    connection, chunk by chunk, and stores each compressed once its SHA-256 is the one that was listed.
  - Can be killed at any moment; the next run goes on behind the last byte that came.
  - Writes nothing on the server.
  - Runs as an action plugin.
options:
  dest:
    description: Directory on the control node, of this server alone.
    type: path
    required: true
  window_since:
    description: Where the window begins, in seconds since 1970.
    type: int
    required: true
  window_until:
    description: Where the window ends, in seconds since 1970.
    type: int
    required: true
  rsync_logs:
    description: Logs of the rsync daemon.
    type: list
    elements: path
    default: [/var/log/rsyncd.log]
  publication_root:
    description: The publication's directory, below which the activator keeps its log.
    type: path
    default: /srv/prep
  apache_directories:
    description: Directories with the logs of web server and web firewall.
    type: list
    elements: path
    default: [/var/log/apache2, /var/log/httpd]
  max_file:
    description: The most bytes of one log, as it was written.
    type: int
    default: 8589934592
  max_server:
    description: The most bytes of all logs of this server, as they were written.
    type: int
    default: 34359738368
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Changes nothing on the server in any mode.
    support: full
"""

EXAMPLES = r"""
- name: Collect the logs of election day
  iepc.prep.collect_logs:
    dest: "{{ inventory_dir }}/logs/{{ inventory_hostname }}"
    window_since: 1654408800
    window_until: 1654495200
"""

RETURN = r"""
complete:
  description: Whether every log of the window is here.
  returned: always
  type: bool
left_out:
  description: What is not, with the reason.
  returned: always
  type: list
  elements: dict
files:
  description: How many files are here.
  returned: always
  type: int
bytes:
  description: How many bytes they hold, unpacked.
  returned: always
  type: int
fetched_files:
  description: How many of them came with this run.
  returned: always
  type: int
fetched_bytes:
  description: How many bytes came with this run.
  returned: always
  type: int
sources:
  description: How many logs of the window the server has.
  returned: always
  type: int
notes:
  description: What had been altered on the control node since the last run.
  returned: always
  type: list
  elements: str
clock:
  description: The server's clock, in seconds since 1970.
  returned: always
  type: int
zone:
  description: The server's offset from UTC at the window's ends.
  returned: always
  type: dict
"""
