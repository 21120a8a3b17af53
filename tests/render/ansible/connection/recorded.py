"""A connection to nowhere: whatever the recorder does not answer must not reach any machine."""

from __future__ import annotations

from ansible.errors import AnsibleError
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = r"""
name: recorded
short_description: Refuses every command and every transfer
description:
  - The render matrix answers modules before they get here. What does get here is a defect of the test.
author: iepc.prep contributors (@iepc-prep)
options: {}
"""


class Connection(ConnectionBase):
    transport = "recorded"
    has_pipelining = True

    def _connect(self):
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        raise AnsibleError(f"nothing is recorded that answers the command: {cmd}")

    def put_file(self, in_path, out_path):
        raise AnsibleError(f"a file would be copied to {out_path} without config_transaction")

    def fetch_file(self, in_path, out_path):
        raise AnsibleError(f"nothing is recorded that answers the reading of {in_path}")

    def reset(self):
        pass

    def close(self):
        pass
