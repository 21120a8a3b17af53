#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Which logs of a window are on a server, with their digests, in one trip."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: log_listing
short_description: List the logs of a window with their digests
version_added: "0.1.0"
description:
  - Finds the logs of web server, web firewall, fail2ban, rsync and activator whose lines may lie in a window, rotated
    and compressed ones too, and reads each once for its size, SHA-256, first and last time.
  - A log that grows is taken up to the size that it has when it is opened.
  - Opens files for reading alone, writes none, and runs with the lowest priority.
  - What units wrote to the journal in the window comes with the listing, reduced to what is the same each time that
    it is read.
options:
  since:
    description: Where the window begins, in seconds since 1970.
    type: int
    required: true
  until:
    description: Where the window ends, in seconds since 1970.
    type: int
    required: true
  apache_directories:
    description: Directories with the logs of web server and web firewall.
    type: list
    elements: path
    default: [/var/log/apache2, /var/log/httpd]
  logs:
    description: Further logs by their kind; what logrotate made of each is looked for beside it.
    type: dict
    default:
      fail2ban: [/var/log/fail2ban.log]
      rsync: [/var/log/rsyncd.log]
      activator: [/srv/prep/state/activations.log]
  units:
    description: Units whose part of the journal is read, by kind.
    type: dict
    default:
      fail2ban: [fail2ban.service]
      rsync: [rsync.service, rsyncd.service]
      activator: [prep-activator.service]
  max_bytes:
    description: A log with more bytes than this, unpacked, is left out, and named.
    type: int
    default: 8589934592
  max_journal_bytes:
    description: A unit's part of the journal is left out, and named, when it is longer than this.
    type: int
    default: 67108864
  known_sizes:
    description:
      - By kind, sizes of which the control node has a beginning of a log. RV(files) says the SHA-256 of each file's
        first so many bytes, so a log is known again under another name.
    type: dict
    default: {}
  known_journals:
    description: By name, the SHA-256 of the parts of the journal that need not be sent again.
    type: dict
    default: {}
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Only reads, in check mode or not.
    support: full
"""

EXAMPLES = r"""
- name: List the logs of election day
  iepc.prep.log_listing:
    since: 1654408800
    until: 1654495200
"""

RETURN = r"""
files:
  description:
    - What is there. C(size) and C(sha256) are of the log as it was written; C(disk_size) and C(disk_sha256) of the
      file, which may be compressed (C(packed)).
  returned: always
  type: list
  elements: dict
journals:
  description: The units' parts of the journal; C(content) is JSON lines, compressed, in base64.
  returned: always
  type: list
  elements: dict
left_out:
  description: What is there and could not be taken, with the reason.
  returned: always
  type: list
  elements: dict
clock:
  description: The server's clock, in seconds since 1970.
  returned: always
  type: int
zone:
  description: The server's offset from UTC at the window's ends, in which logs without an offset are written.
  returned: always
  type: dict
  sample: {since: "-0600", until: "-0600"}
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils import log_files
from ansible_collections.iepc.prep.plugins.module_utils.log_reader import Listing, journals, offset


def main():
    """List, return; a log that can't be read is named and fails nothing."""
    module = AnsibleModule(
        argument_spec={
            "since": {"type": "int", "required": True},
            "until": {"type": "int", "required": True},
            "apache_directories": {
                "type": "list",
                "elements": "path",
                "default": ["/var/log/apache2", "/var/log/httpd"],
            },
            "logs": {
                "type": "dict",
                "default": {
                    "fail2ban": ["/var/log/fail2ban.log"],
                    "rsync": ["/var/log/rsyncd.log"],
                    "activator": ["/srv/prep/state/activations.log"],
                },
            },
            "units": {
                "type": "dict",
                "default": {
                    "fail2ban": ["fail2ban.service"],
                    "rsync": ["rsync.service", "rsyncd.service"],
                    "activator": ["prep-activator.service"],
                },
            },
            "max_bytes": {"type": "int", "default": 8589934592},
            "max_journal_bytes": {"type": "int", "default": 67108864},
            "known_sizes": {"type": "dict", "default": {}},
            "known_journals": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    options = module.params
    unknown = sorted((set(options["logs"]) | set(options["units"])) - set(log_files.KINDS))
    if unknown:
        words = (", ".join(log_files.KINDS), ", ".join(unknown))
        module.fail_json(msg="logs, units: expected kinds of %s, got %s" % words)
    # The readers come first.
    os.nice(19)
    listing = Listing(options)
    listing.run()
    found = journals(options, listing.left_out)
    module.exit_json(
        changed=False,
        files=listing.files,
        journals=found,
        left_out=listing.left_out,
        clock=int(time.time()),
        zone={"since": offset(options["since"]), "until": offset(options["until"])},
    )


if __name__ == "__main__":
    main()
