#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Versions of what is installed, for templates that depend on them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: component_versions
short_description: Versions of the software that templates depend on
version_added: "0.1.0"
description:
  - Tells the version of each component as the component itself or the package database names it.
  - A component that is not installed has an empty version.
options:
  names:
    description: The components to ask for.
    type: list
    elements: str
    required: true
    choices: [httpd, openssl, sshd, rsync, systemd, firewalld, fail2ban, modsecurity, crs, suricata, aide]
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Reads the same in check mode.
    support: full
"""

EXAMPLES = r"""
- name: Find the versions that decide which directives are known
  iepc.prep.component_versions:
    names: [httpd, openssl]
  register: __apache_found
"""

RETURN = r"""
versions:
  description: The version of each name; empty when it is not installed.
  returned: always
  type: dict
  sample: {httpd: 2.4.62, openssl: 3.0.15, modsecurity: ""}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils.evidence import versions
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import Look
from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import Reader


def main():
    """Ask for each; a component that is there but does not tell its version fails the module."""
    module = AnsibleModule(
        argument_spec={
            "names": {
                "type": "list",
                "elements": "str",
                "required": True,
                "choices": [
                    "httpd", "openssl", "sshd", "rsync", "systemd", "firewalld", "fail2ban", "modsecurity", "crs",
                    "suricata", "aide",
                ],
            },
        },
        supports_check_mode=True,
    )
    try:
        found = versions.find(Look(Reader()), module.params["names"])
    except SourceError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, versions=found)


if __name__ == "__main__":
    main()
