#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Who was banned or refused on a server since a moment."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: intrusions
short_description: Say who was banned or refused since a moment
version_added: "0.1.0"
description:
  - Reads the ends of fail2ban's log (bans) and of the web server's error logs (requests that ModSecurity refused), and
    counts them by source, rule and minute.
  - Only reads; what is longer than 8 MiB is read from there on, and the 500 most telling entries are returned.
options:
  since:
    description: The moment, in seconds since 1970.
    type: int
    required: true
  bans:
    description: Logs of fail2ban.
    type: list
    elements: path
    default: [/var/log/fail2ban.log]
  blocks:
    description: Error logs of the web server.
    type: list
    elements: path
    default: [/var/log/apache2/prep_error.log, /var/log/httpd/prep_error.log]
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Only reads, in check mode or not.
    support: full
"""

EXAMPLES = r"""
- name: See who was banned since the opening
  iepc.prep.intrusions:
    since: 1654477200
"""

RETURN = r"""
entries:
  description: C(kind) is V(ban) or V(block); C(minute) is when it began, in seconds since 1970.
  returned: always
  type: list
  elements: dict
  sample: [{kind: ban, source: 203.0.113.9, rule: sshd, what: "", minute: 1654477200, count: 1}]
left_out:
  description: How many entries more there were.
  returned: always
  type: int
clock:
  description: The server's clock, in seconds since 1970.
  returned: always
  type: int
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils.intrusions import entries


def main():
    """Read, count, return."""
    module = AnsibleModule(
        argument_spec={
            "since": {"type": "int", "required": True},
            "bans": {"type": "list", "elements": "path", "default": ["/var/log/fail2ban.log"]},
            "blocks": {
                "type": "list",
                "elements": "path",
                "default": ["/var/log/apache2/prep_error.log", "/var/log/httpd/prep_error.log"],
            },
        },
        supports_check_mode=True,
    )
    logs = {"ban": module.params["bans"], "block": module.params["blocks"]}
    found, left_out = entries(logs, module.params["since"])
    module.exit_json(changed=False, entries=found, left_out=left_out, clock=int(time.time()))


if __name__ == "__main__":
    main()
