#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Try a write-only rsync module as its sender would, and as it must not let itself be used."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rsync_door
short_description: Try a write-only rsync module by what it does
version_added: "0.1.0"
description:
  - Speaks to a running rsync daemon and fails unless its module is not listed, refuses a wrong secret, takes the
    right one, can't be read, and refuses the options named. Nothing is transferred.
  - rsync before 3.2 logs a parameter that it does not know and goes on without it, so that only trying tells.
  - Runs where the daemon's C(hosts allow) lets in, usually delegated to the control node; no rsync is needed there.
options:
  address:
    description: Where the daemon listens, an IP address or a host name.
    type: str
    required: true
  port:
    description: TCP port.
    type: int
    default: 873
  module:
    description: Name of the rsync module.
    type: str
    required: true
  user:
    description: Name that the sender gives.
    type: str
    required: true
  secret:
    description: The sender's secret; it never crosses the network, a digest of it does.
    type: str
    required: true
  refused:
    description: Options that the daemon has to refuse, as a client's rsync sends them, e.g. C(--inplace).
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds for each answer.
    type: float
    default: 5.0
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Tries the same in check mode.
    support: full
"""

EXAMPLES = r"""
- name: Try the door from the control node
  iepc.prep.rsync_door:
    address: "{{ ansible_host }}"
    module: prep
    user: iepc
    secret: "{{ prep_rsync_secret }}"
    refused: [--inplace, --append]
  delegate_to: localhost
"""

RETURN = r"""
tried:
  description: What was tried, when all went well.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils import rsync_client


def main():
    """Try; a fault or a door that can't be tried is a failure in one line."""
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "default": 873},
            "module": {"type": "str", "required": True},
            "user": {"type": "str", "required": True},
            "secret": {"type": "str", "required": True, "no_log": True},
            "refused": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "float", "default": 5.0},
        },
        supports_check_mode=True,
    )
    asked = module.params
    place = "%s port %d, module %s" % (asked["address"], asked["port"], asked["module"])
    door = rsync_client.Door(
        asked["address"], asked["port"], asked["module"], asked["user"], asked["secret"], asked["timeout"]
    )
    try:
        found = rsync_client.faults(door, asked["refused"])
    except rsync_client.NoDaemon as error:
        module.fail_json(msg="rsync_door: %s: could not be tried: %s" % (place, error))
    if found:
        module.fail_json(msg="rsync_door: %s: %s" % (place, "; ".join(found)))
    module.exit_json(
        changed=False,
        tried=["not listed", "wrong secret refused", "right secret taken", "not readable"]
        + ["refuses %s" % option for option in asked["refused"]],
    )


if __name__ == "__main__":
    main()
