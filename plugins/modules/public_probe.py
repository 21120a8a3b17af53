#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A server as others see it: ports, pages, headers, certificate."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: public_probe
short_description: See servers from outside, as their readers and strangers do
version_added: "0.1.0"
description:
  - Connects to servers from the machine it runs on, a vantage point, and tells what it sees. Delegate it
    to the control node and to machines that are not in the allow-list.
  - All servers in one trip, as many side by side as O(side_by_side), so that a vantage point is entered once
    however many servers there are.
  - Connects to an address and asks for a domain, by Host header and SNI, so that a mirror can be
    checked before its name points to it.
  - Tells the address that it looks from, by which whoever judges knows whether it is in the allow-list.
  - All questions to a server run side by side and end within O(total_timeout), also where packets are dropped.
options:
  targets:
    description: The servers to look at.
    type: list
    elements: dict
    required: true
    suboptions:
      target:
        description: The inventory name of the server.
        type: str
        required: true
      address:
        description: Where to connect, an IP address or a host name.
        type: str
        required: true
      address6:
        description:
          - Where to connect over IPv6 as well. A vantage point that has no way to it says so in C(skipped).
        type: str
        default: ""
      published6:
        description:
          - Whether readers find the site at the IPv6 address. Of one that they don't, only what must be closed is
            judged.
        type: bool
        default: false
      domain:
        description: The site's public name; the address when it has none.
        type: str
        default: ""
  side_by_side:
    description: How many servers are looked at at a time.
    type: int
    default: 25
  vantage:
    description: The name of the place it is seen from.
    type: str
    default: control
  allowed:
    description: Whether the vantage point is in the allow-list, for whoever judges the result.
    type: bool
    default: false
  http_port:
    description: Port of the site.
    type: int
    default: 80
  https_port:
    description: Port of the site over TLS.
    type: int
    default: 443
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
    description:
      - Seconds for each connection and each wait for an answer.
      - A port that says nothing on a server that answers at once elsewhere is given up after half of it, by
        when the first packet was sent as often (twice) as within all of it.
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
- name: Look at two servers as a stranger does
  iepc.prep.public_probe:
    targets:
      - {target: difusor12, address: 203.0.113.20, domain: prep.example.mx}
      - {target: difusor13, address: 203.0.113.30, address6: "2001:db8::30", published6: true, domain: prep.example.org}
    vantage: lector
  delegate_to: lector
  run_once: true
  register: prep_probes
"""

RETURN = r"""
probes:
  description:
    - What was seen, a mapping for each server and family of addresses; docs/evidence.md lists every item with
      its shape. C(published) is there for IPv6 only.
  returned: always
  type: list
  elements: dict
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
    family:
      description: 4 or 6.
      type: int
    source:
      description: The address that the vantage point has towards the server; null without a way to it.
      type: str
    skipped:
      description: Why there was nothing to look at; null when it looked.
      type: str
    allowed:
      description: Whether the vantage point is in the allow-list.
      type: bool
    published:
      description: Whether readers find the site at this IPv6 address.
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
    - schema: 1
      vantage: lector
      target: difusor12
      address: 203.0.113.20
      domain: prep.example.mx
      family: 4
      source: 192.0.2.50
      skipped: null
      allowed: false
      started: "2026-11-24T04:00:00.123Z"
      finished: "2026-11-24T04:00:01.635Z"
      items:
        tcp.873: {source: "203.0.113.20:873", at: "2026-11-24T04:00:00.124Z", rc: null,
                  value: {state: timeout, ms: 1503}, error: null, truncated: false}
"""

import threading

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils.evidence import outside


def main():
    """Look, return; only a wrong parameter fails."""
    server = {
        "target": {"type": "str", "required": True},
        "address": {"type": "str", "required": True},
        "address6": {"type": "str", "default": ""},
        "published6": {"type": "bool", "default": False},
        "domain": {"type": "str", "default": ""},
    }
    module = AnsibleModule(
        argument_spec={
            "targets": {"type": "list", "elements": "dict", "required": True, "options": server},
            "side_by_side": {"type": "int", "default": 25},
            "vantage": {"type": "str", "default": "control"},
            "allowed": {"type": "bool", "default": False},
            "http_port": {"type": "int", "default": 80},
            "https_port": {"type": "int", "default": 443},
            "ports": {"type": "list", "elements": "int", "default": [22, 80, 443, 873]},
            "attack": {"type": "bool", "default": False},
            "connect_timeout": {"type": "float", "default": 3.0},
            "total_timeout": {"type": "float", "default": 5.5},
            "ca_file": {"type": "path"},
        },
        supports_check_mode=True,
    )
    asked = module.params
    wrong = [port for port in asked["ports"] + [asked["http_port"], asked["https_port"]] if not 0 < port < 65536]
    if wrong:
        named = ", ".join(str(port) for port in wrong)
        module.fail_json(msg="ports: from 1 to 65535 expected, not %s" % named)
    looks = []
    for one in asked["targets"]:
        looks.append((one, one["address"], None))
        if one["address6"]:
            looks.append((one, one["address6"], 6))
    module.exit_json(changed=False, probes=_side_by_side(asked, looks))


def _side_by_side(asked, looks):
    """What each look sees, in their order; a server's two families take no longer than one."""
    slots = threading.BoundedSemaphore(max(1, asked["side_by_side"]))
    seen = [None] * len(looks)

    def fill(index):
        with slots:
            seen[index] = _look(asked, *looks[index])

    lookers = [threading.Thread(target=fill, args=(index,)) for index in range(len(looks))]
    for looker in lookers:
        looker.start()
    for looker in lookers:
        looker.join()
    return [one for one in seen if one is not None]


def _look(asked, one, address, family):
    """What is seen of a server over one family of addresses."""
    probe = outside.Probe(
        address,
        one["domain"],
        asked["connect_timeout"],
        asked["total_timeout"],
        asked["ca_file"],
        asked["http_port"],
        asked["https_port"],
    )
    # An attack is sent once: it tells the same over either family.
    attack = asked["attack"] and family is None
    found = outside.report(
        asked["vantage"], one["target"], asked["allowed"], probe, asked["ports"], attack, family
    )
    if family == 6:
        found["vantage"] += " (IPv6)"
        found["published"] = one["published6"]
    return found


if __name__ == "__main__":
    main()
