# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Arms, confirms and settles the safety net; documented in plugins/modules/safety_net.py.

The module works on the server. What only the controller can do is here: drop the connection, make
a new one, and be patient while a server that locked everybody out restores itself.
"""

from __future__ import annotations

import time

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

# After its timer the server still has to put things back and restart services.
RESTORE_MARGIN_S = 60
BETWEEN_TRIES_S = 2
# What the connection's ssh returns in place of 255 while a net is armed; see roles/safety_net/files/ssh.
LOST_RC = 254


class ActionModule(ActionBase):
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        state = self._task.args.get("state")
        if state == "armed" or self._task.check_mode:
            return self._execute_module(module_args=self._task.args, task_vars=task_vars)
        timeout = int(self._task.args.get("timeout_s") or 180)
        lost = self._await_new_connection(timeout + RESTORE_MARGIN_S)
        if lost is None:
            result.update(self._execute_module(module_args=self._task.args, task_vars=task_vars), reached=True)
        else:
            result.update(
                failed=state == "confirmed",
                changed=False,
                reached=False,
                restored=False,
                armed=False,
                record={},
                msg=f"safety_net: no new connection within {timeout + RESTORE_MARGIN_S} s: {lost}",
            )
        return result

    def _await_new_connection(self, patience):
        """None once a command ran over a connection made now; else what the last try said."""
        deadline = time.monotonic() + patience
        while True:
            said = self._try_anew()
            if said is None or time.monotonic() > deadline:
                return said
            time.sleep(BETWEEN_TRIES_S)

    def _try_anew(self):
        if hasattr(self._connection, "reset"):
            self._connection.reset()
        try:
            answer = self._low_level_execute_command("true")
        except AnsibleConnectionFailure as problem:
            return str(problem)
        if answer.get("rc") == LOST_RC:
            return str(answer.get("stderr") or answer.get("stdout") or "no connection").strip().splitlines()[-1]
        return None
