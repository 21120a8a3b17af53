#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A server as others see it: ports, pages, headers, certificate."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: public_probe
short_description: See a server from outside, as its readers and strangers do
version_added: "0.1.0"
description:
  - Connects to a server from the machine it runs on, a vantage point, and tells what it sees. Delegate it
    to the control node and to machines that are not in the allow-list.
  - Connects to O(address) and asks for O(domain), by Host header and SNI, so that a mirror can be
    checked before its name points to it.
  - All questions run side by side and end within O(total_timeout), also where packets are dropped.
options:
  target:
    description: The inventory name of the server that is looked at.
    type: str
    required: true
  address:
    description: Where to connect, an IP address or a host name.
    type: str
    required: true
  domain:
    description: The site's public name; the address when it has none.
    type: str
  vantage:
    description: The name of the place it is seen from.
    type: str
    default: control
  allowed:
    description: Whether the vantage point is in the allow-list, for whoever judges the result.
    type: bool
    default: false
  ports:
    description: TCP ports to try.
    type: list
    elements: int
    default: [22, 80, 443, 873]
  attack:
    description:
      - Also send one request with a test string of the OWASP Core Rule Set. It may get the sender
        banned, so only from an address that never is.
    type: bool
    default: false
  connect_timeout:
    description: Seconds for each connection and each wait for an answer.
    type: float
    default: 3.0
  total_timeout:
    description: Seconds for everything.
    type: float
    default: 5.5
  ca_file:
    description: Certificates to trust instead of the vantage point's own, as in a lab.
    type: path
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Looks the same in check mode.
    support: full
"""

EXAMPLES = r"""
- name: Look at the server from the control node
  iepc.prep.public_probe:
    target: "{{ inventory_hostname }}"
    address: 203.0.113.20
    domain: prep.example.mx
    allowed: true
    attack: true
  delegate_to: localhost
  register: prep_probe

- name: Look at the server as a stranger does
  iepc.prep.public_probe:
    target: "{{ inventory_hostname }}"
    address: 203.0.113.20
    domain: prep.example.mx
    vantage: lector
  delegate_to: lector
  register: prep_probe_lector
"""

RETURN = r"""
probe:
  description: What was seen; docs/evidence.md lists every item with its shape.
  returned: always
  type: dict
  contains:
    schema:
      description: Version of this structure.
      type: int
    vantage:
      description: The name of the place it was seen from.
      type: str
    target:
      description: The inventory name of the server.
      type: str
    address:
      description: Where it was connected to.
      type: str
    domain:
      description: The name that was asked for.
      type: str
    allowed:
      description: Whether the vantage point is in the allow-list.
      type: bool
    started:
      description: When it began, UTC.
      type: str
    finished:
      description: When it ended, UTC.
      type: str
    items:
      description: "By key: C(source), C(at), C(rc), C(value), C(error), C(truncated)."
      type: dict
  sample:
    schema: 1
    vantage: lector
    target: difusor12
    address: 203.0.113.20
    domain: prep.example.mx
    allowed: false
    started: "2026-11-24T04:00:00.123Z"
    finished: "2026-11-24T04:00:03.135Z"
    items:
      tcp.873: {source: "203.0.113.20:873", at: "2026-11-24T04:00:00.124Z", rc: null,
                value: {state: timeout, ms: 3003}, error: null, truncated: false}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils.evidence import outside


def main():
    """Look, return; only a wrong parameter fails."""
    module = AnsibleModule(
        argument_spec={
            "target": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "domain": {"type": "str"},
            "vantage": {"type": "str", "default": "control"},
            "allowed": {"type": "bool", "default": False},
            "ports": {"type": "list", "elements": "int", "default": [22, 80, 443, 873]},
            "attack": {"type": "bool", "default": False},
            "connect_timeout": {"type": "float", "default": 3.0},
            "total_timeout": {"type": "float", "default": 5.5},
            "ca_file": {"type": "path"},
        },
        supports_check_mode=True,
    )
    asked = module.params
    wrong = [port for port in asked["ports"] if not 0 < port < 65536]
    if wrong:
        named = ", ".join(str(port) for port in wrong)
        module.fail_json(msg="ports: from 1 to 65535 expected, not %s" % named)
    probe = outside.Probe(
        asked["address"], asked["domain"], asked["connect_timeout"], asked["total_timeout"], asked["ca_file"]
    )
    module.exit_json(
        changed=False,
        probe=outside.report(
            asked["vantage"], asked["target"], asked["allowed"], probe, asked["ports"], asked["attack"]
        ),
    )


if __name__ == "__main__":
    main()
