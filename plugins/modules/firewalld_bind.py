#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Make one zone the only one that counts."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: firewalld_bind
short_description: Make a zone firewalld's default, and bring in the interfaces that are bound to others
version_added: "0.1.0"
description:
  - An interface that NetworkManager, an ifcfg file or another zone's file binds to a zone does not follow
    the default zone. Each is brought into O(zone), and bound to none permanently, so that the default counts
    from then on. firewall-cmd tells NetworkManager so, where that one manages the interface.
options:
  zone:
    description: The zone; it has to be known to the running firewalld.
    type: str
    default: prep
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Says what would be bound.
    support: full
"""

EXAMPLES = r"""
- name: Make the zone the only one
  iepc.prep.firewalld_bind:
    zone: prep
"""

RETURN = r"""
moved:
  description: The interfaces that were, or in check mode would be, brought in.
  returned: always
  type: list
  elements: str
was_default:
  description: The default zone before.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import Look
from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import Reader
from ansible_collections.iepc.prep.plugins.module_utils.firewalld_bindings import bindings


def bind(look, zone, found):
    """Change the running and the permanent configuration."""
    if found["default"] != zone:
        look.must(("firewall-cmd", "--set-default-zone=" + zone))
        # Only now it shows which interfaces follow the default.
        found = bindings(look, zone)
    for name, other in sorted(found["interfaces"].items()):
        look.must(("firewall-cmd", "--permanent", "--zone=" + other, "--remove-interface=" + name))
        look.must(("firewall-cmd", "--zone=" + zone, "--change-interface=" + name))
    return sorted(found["interfaces"])


def main():
    """Bind what is bound elsewhere."""
    module = AnsibleModule(
        argument_spec={"zone": {"type": "str", "default": "prep"}},
        supports_check_mode=True,
    )
    zone = module.params["zone"]
    look = Look(Reader())
    try:
        found = bindings(look, zone)
        was_default = found["default"]
        moved = sorted(found["interfaces"])
        changed = bool(moved) or was_default not in (zone, "")
        if not module.check_mode:
            moved = bind(look, zone, found)
            changed = bool(moved) or was_default != zone
    except SourceError as error:
        module.fail_json(msg="firewalld_bind: %s" % error)
    module.exit_json(changed=changed, moved=moved, was_default=was_default)


if __name__ == "__main__":
    main()
