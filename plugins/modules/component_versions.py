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
  - With O(packages=true), registered as C(prep_software) and before the roles of a playbook, it spares those the trips
    for what it has answered. They ask by themselves again once a package has been installed, see M(iepc.prep.packages).
options:
  names:
    description: The components to ask for.
    type: list
    elements: str
    required: true
    choices: [httpd, openssl, sshd, rsync, systemd, firewalld, fail2ban, modsecurity, crs, suricata, aide]
  packages:
    description: Whether to name also what is installed, and how old the index of the package sources is.
    type: bool
    default: false
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

- name: Take stock of the software, once for all roles
  iepc.prep.component_versions:
    names: [httpd, rsync, sshd, systemd]
    packages: true
  register: prep_software
"""

RETURN = r"""
versions:
  description: The version of each name; empty when it is not installed.
  returned: always
  type: dict
  sample: {httpd: 2.4.62, openssl: 3.0.15, modsecurity: ""}
packages:
  description:
    - Packages that are installed, whole and wanted, sorted. On Debian without those that were installed for the sake
      of others (apt-mark(8)); none at all while dpkg's work is broken off.
  returned: when O(packages=true)
  type: list
  elements: str
index_age_s:
  description: Seconds since the index of the package sources was last fetched; -1 where that can't be told.
  returned: when O(packages=true)
  type: int
taken:
  description: Name of this stock, by which the run knows whether it still holds.
  returned: when O(packages=true)
  type: str
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils.evidence import packages, versions
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
            "packages": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    look = Look(Reader())
    result = {"changed": False}
    try:
        result["versions"] = versions.find(look, module.params["names"])
        if module.params["packages"]:
            result["packages"] = packages.settled(look)
            result["index_age_s"] = packages.index_age(look, time.time())
            result["taken"] = "%.6f" % time.time()
    except SourceError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
