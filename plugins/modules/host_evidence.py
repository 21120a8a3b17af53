#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything the controls need to know about a server, in one trip."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: host_evidence
short_description: Read everything that proves a server's compliance, in one trip
version_added: "0.1.0"
description:
  - Reads the state of a server as it is in effect, and changes nothing on it.
  - Each item says where it was read, when, and how the command ended. A source that cannot be
    read is an item with C(error); software that is not installed is a value, not an error.
  - Starts about seventeen commands, side by side, and walks no file system, except for O(footprint) the states of
    what lies in C(/etc) and a few others.
  - Of passwords only the class (locked, hash, empty, none) is read; the secrets file of rsync is
    never opened.
options:
  allowed_source:
    description:
      - An address from which SSH is allowed. What sshd would apply to a connection from it is read
        into C(sshd.effective) under C(allowed); without it that key is left out.
    type: str
  outside_source:
    description: An address that nobody allowed, for the same question under C(outside).
    type: str
    default: 198.51.100.77
  content_root:
    description: The directory that holds the publication.
    type: path
    default: /srv/prep
  public_zone:
    description: The IANA zone in which publication times are set.
    type: str
    default: America/Monterrey
  dst_reference:
    description:
      - A local time (C(YYYY-MM-DD HH:MM)) whose offset from UTC shows whether the server's time zone
        data are current. The result is C(offset_YYYY) in C(time.zone).
    type: str
    default: "2027-06-06 20:00"
  safety_net_dir:
    description: Where the restore timer writes how it ended.
    type: path
    default: /var/lib/prep/safety_net
  footprint:
    description:
      - Read the item C(footprint) as well, digests that tell whether anybody touched the server since an earlier one;
        see M(iepc.prep.standing).
    type: bool
    default: false
  items:
    description: Read only these items; all when empty.
    type: list
    elements: str
    default: []
author:
  - iepc.prep contributors (@iepc-prep)
notes:
  - Runs as root. Without root, what only root may read becomes items with an error.
attributes:
  check_mode:
    description: Reads the same in check mode.
    support: full
"""

EXAMPLES = r"""
- name: Read everything on the server
  iepc.prep.host_evidence:
    allowed_source: 203.0.113.10
  register: prep_evidence

- name: Read the listening sockets only
  iepc.prep.host_evidence:
    items: [sockets.listening]
"""

RETURN = r"""
evidence:
  description: What was read; docs/evidence.md lists every item with its shape.
  returned: always
  type: dict
  contains:
    schema:
      description: Version of this structure.
      type: int
    collector:
      description: Version of the collector, Python's version and the effective user id.
      type: dict
    started:
      description: When reading began, UTC.
      type: str
    finished:
      description: When reading ended, UTC.
      type: str
    items:
      description: "By key: C(source), C(at), C(rc), C(value), C(error), C(truncated)."
      type: dict
  sample:
    schema: 1
    collector: {version: 0.1.0, python: 2.7.18, euid: 0}
    started: "2026-11-24T04:00:00.123Z"
    finished: "2026-11-24T04:00:00.871Z"
    items:
      os.kernel: {source: uname(2), at: "2026-11-24T04:00:00.125Z", rc: null, value: 5.10.0, error: null,
                  truncated: false}
processes:
  description: How many commands were started.
  returned: always
  type: int
  sample: 16
memory_kb:
  description: The most memory that one process of the trip held.
  returned: always
  type: dict
  contains:
    collector:
      description: This module's own, with Python and what Ansible wraps around it.
      type: int
    command:
      description: The largest of the commands and of what they started.
      type: int
  sample: {collector: 24000, command: 30000}
"""

import os
import resource

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils.evidence import catalogue
from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import Reader


def main():
    """Read, return; only a wrong parameter fails."""
    module = AnsibleModule(
        argument_spec={
            "allowed_source": {"type": "str"},
            "outside_source": {"type": "str", "default": catalogue.DEFAULTS["outside_source"]},
            "content_root": {"type": "path", "default": catalogue.DEFAULTS["content_root"]},
            "public_zone": {"type": "str", "default": catalogue.DEFAULTS["public_zone"]},
            "dst_reference": {"type": "str", "default": catalogue.DEFAULTS["dst_reference"]},
            "safety_net_dir": {"type": "path", "default": catalogue.DEFAULTS["safety_net_dir"]},
            "footprint": {"type": "bool", "default": False},
            "items": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    options = dict(module.params)
    options["ssh_connection"] = os.environ.get("SSH_CONNECTION")
    only = options.pop("items")
    unknown = sorted(set(only) - set(key for key, _collect in catalogue.COLLECTORS))
    if unknown:
        module.fail_json(msg="items: not known: %s" % ", ".join(unknown))
    reader = Reader()
    evidence = catalogue.gather(reader, options, only)
    memory = dict(
        (name, resource.getrusage(who).ru_maxrss)
        for name, who in (("collector", resource.RUSAGE_SELF), ("command", resource.RUSAGE_CHILDREN))
    )
    module.exit_json(changed=False, evidence=evidence, processes=reader.started, memory_kb=memory)


if __name__ == "__main__":
    main()
