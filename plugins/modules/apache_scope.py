#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether Apache holds what it was meant to hold, and nothing beside it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: apache_scope
short_description: Refuse an Apache that loads more modules than were named, or whose site is not the first
version_added: "0.1.0"
description:
  - Asks Apache for its modules and sites (C(-t -D DUMP_MODULES -D DUMP_VHOSTS)) and compares them with what was meant.
  - Fails, in one line, when a module is loaded that is not in O(modules), or when on 80 or 443 some address is
    answered by another site than that of O(site_file).
options:
  modules:
    description: Names of the modules that may be loaded, without C(_module).
    type: list
    elements: str
    required: true
  site_file:
    description: The file that holds the site. A link to it is taken for it.
    type: path
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Reads the same in check mode.
    support: full
"""

EXAMPLES = r"""
- name: See that nothing else is loaded
  iepc.prep.apache_scope:
    modules: [core, so, http, mpm_event, authz_core, dir, mime, ssl]
    site_file: /etc/apache2/sites-available/000-prep.conf
"""

RETURN = r"""
modules:
  description: What is loaded, without C(_module).
  returned: success
  type: list
  elements: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils.evidence import httpd
from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import Reader

PORTS = (80, 443)


def beyond(loaded, allowed):
    """Names of the modules that nobody asked for."""
    return sorted(set(name[: -len("_module")] for name in loaded) - set(allowed))


def before_ours(vhosts, is_ours):
    """Sites that answer an address or a port in our place: ``ADDRESS:PORT is answered by NAME (FILE)``."""
    found = []
    for one in vhosts:
        # An address of its own wins over `*`, whatever the order of the files.
        if one["port"] in PORTS + ("*",) and one["default"] and not is_ours(one["file"]):
            found.append("%(address)s:%(port)s is answered by %(name)s (%(file)s)" % one)
    for port in PORTS:
        if not any(one["default"] and one["port"] == port and is_ours(one["file"]) for one in vhosts):
            found.append("port %d is not answered by it first" % port)
    return found


def main():
    """Read, compare, and say what is too much."""
    module = AnsibleModule(
        argument_spec={
            "modules": {"type": "list", "elements": "str", "required": True},
            "site_file": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    command = httpd.test_command(Reader())
    rc, out, err = module.run_command(list(command), environ_update={"LC_ALL": "C"})
    loaded = httpd.parse_modules(out + "\n" + err)
    if rc != 0 or not loaded:
        module.fail_json(msg="Apache does not tell its configuration: %s" % (err or out).strip()[-500:])
    ours = os.path.realpath(module.params["site_file"])
    problems = before_ours(httpd.parse_vhosts(out), lambda path: os.path.realpath(path) == ours)
    surplus = beyond(loaded, module.params["modules"])
    if surplus:
        problems.insert(0, "modules beyond the list are loaded: %s" % ", ".join(surplus))
    if problems:
        module.fail_json(msg="; ".join(problems))
    module.exit_json(changed=False, modules=[name[: -len("_module")] for name in loaded])


if __name__ == "__main__":
    main()
