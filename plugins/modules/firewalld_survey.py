#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What else has a say in the firewall, and what opens a way past one zone."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: firewalld_survey
short_description: Look for other firewalls, and for ways past the zone that is to be the only one
version_added: "0.1.0"
description:
  - Names what else manages the kernel's rules (ufw, nftables, iptables services, Shorewall, Docker), and what
    of firewalld's own configuration, permanent or running, opens a way past one zone, that is sources and
    interfaces bound to other zones, direct rules that accept, and policies that let something in.
  - Changes nothing.
options:
  zone:
    description: The zone that is to be the only one.
    type: str
    default: prep
  ways_in:
    description: Who may come in through which ports, once the zone is the only one.
    type: list
    elements: dict
    default: []
    suboptions:
      sources:
        description: Addresses and networks.
        type: list
        elements: str
        required: true
      ports:
        description: TCP ports.
        type: list
        elements: int
        required: true
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Reads the same in check mode.
    support: full
"""

EXAMPLES = r"""
- name: See what else has a say
  iepc.prep.firewalld_survey:
    zone: prep
  register: __firewalld_survey
"""

RETURN = r"""
managers:
  description: Other programs that manage the kernel's rules, by the names of their units.
  returned: always
  type: list
  elements: str
openings:
  description: Ways past the zone, each in words that name it; the same words accept it.
  returned: always
  type: list
  elements: str
  sample: ["source 10.0.0.0/8 in zone trusted"]
interfaces:
  description: Interfaces that are bound to another zone.
  returned: always
  type: list
  elements: dict
  contains:
    zone:
      description: The zone.
      type: str
    name:
      description: The interface.
      type: str
default_zone:
  description: The running firewall's default zone; empty while it doesn't run.
  returned: always
  type: str
locked_out:
  description: Why this very SSH connection could not be made again; empty when it could, or is none.
  returned: always
  type: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils import addresses, firewalld_files
from ansible_collections.iepc.prep.plugins.module_utils.evidence import services
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.firewall import OTHERS
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import Look
from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import Reader
from ansible_collections.iepc.prep.plugins.module_utils.firewalld_bindings import CONFIG, bindings, parsed


def managers(look):
    """Units that manage the kernel's rules beside firewalld, now or from the next boot on."""
    states = services.states(look)
    found = []
    for name in [name for name, _title in OTHERS] + ["docker"]:
        state = states.get(name, {})
        if state.get("active") == "active" or (state.get("enabled") == "enabled" and state.get("load") == "loaded"):
            found.append(name)
    if "ufw" in found and "ENABLED=no" in (look.read_if_there("/etc/ufw/ufw.conf") or ""):
        found.remove("ufw")
    return found


def locked_out(ways_in):
    """Why this connection could not be made again, '' when it could."""
    connection = os.environ.get("SSH_CONNECTION", "").split()
    if len(connection) != 4 or not connection[3].isdigit():
        return ""
    client, port = connection[0], int(connection[3])
    for way in ways_in:
        if port in way["ports"] and any(addresses.contains(source, client) for source in way["sources"]):
            return ""
    return "this run came in from %s through port %d, which nobody would let in any more" % (client, port)


def openings(look):
    """Direct rules and policies that let something in, in words."""
    found = []
    direct = CONFIG + "/direct.xml"
    if look.stat(direct):
        found += ["direct rule %s" % rule for rule in parsed(look, direct, firewalld_files.accepting_direct)]
    for path in look.glob(CONFIG + "/policies/*.xml"):
        if parsed(look, path, firewalld_files.opening_policy):
            found.append("policy %s" % os.path.basename(path)[: -len(".xml")])
    return found


def main():
    """Read everything once."""
    module = AnsibleModule(
        argument_spec={
            "zone": {"type": "str", "default": "prep"},
            "ways_in": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "sources": {"type": "list", "elements": "str", "required": True},
                    "ports": {"type": "list", "elements": "int", "required": True},
                },
            },
        },
        supports_check_mode=True,
    )
    look = Look(Reader())
    try:
        bound = bindings(look, module.params["zone"])
        module.exit_json(
            changed=False,
            managers=managers(look),
            openings=bound["sources"] + openings(look),
            interfaces=[{"zone": zone, "name": name} for name, zone in sorted(bound["interfaces"].items())],
            default_zone=bound["default"],
            locked_out=locked_out(module.params["ways_in"]),
        )
    except SourceError as error:
        module.fail_json(msg="firewalld_survey: %s" % error)


if __name__ == "__main__":
    main()
