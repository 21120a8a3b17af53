# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The first contact with a server; documented in plugins/modules/contact.py."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version
from ansible_collections.iepc.prep.plugins.module_utils import preflight
from ansible_collections.iepc.prep.plugins.module_utils.contact_script import contact_script


class ActionModule(ActionBase):
    # Nothing is copied to the server and nothing needs Python there.
    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(
        ("allowed_sources", "control_nodes", "allow", "min_free_mb", "ssh_port", "open_ports", "keys_for")
    )

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        args = self._task.args
        interpreter = self._interpreter(task_vars)
        result.update(
            changed=False,
            reached=False,
            reason="",
            blocking=[],
            findings=[],
            messages=[],
            address=str(task_vars.get("ansible_host") or task_vars.get("inventory_hostname")),
            at=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            core_version=core_version,
        )
        started = time.time()
        try:
            answer = self._low_level_execute_command(contact_script(interpreter))
        except AnsibleConnectionFailure as problem:
            result["reason"] = preflight.one_line(str(problem)) or "no connection"
            result["msg"] = result["reason"]
            return result
        except AnsibleError as problem:
            # Reached, but not let in as needed: a missing become password, an unusable shell.
            return self._unusable(result, preflight.one_line(str(problem)))
        finished = time.time()
        facts = preflight.parse(answer.get("stdout", ""))
        if not facts["complete"] and not facts["kernel"]:
            said = " ".join(str(answer.get(key) or "") for key in ("stderr", "msg", "stdout"))
            return self._unusable(result, preflight.one_line(said) or "no answer to the first command")
        result["reached"] = True
        # The script reads the clock first; connecting took the time before that, so the
        # middle of the call is the best guess and half of it the error, below a second when warm.
        now = finished if finished - started > 5 else (started + finished) / 2
        result.update(facts)
        result["clock_offset_s"] = None if facts["epoch"] is None else round(facts["epoch"] - now, 3)
        result["findings"] = preflight.judge(
            facts,
            now,
            core_version,
            interpreter=interpreter,
            allowed_sources=args.get("allowed_sources") or [],
            control_nodes=args.get("control_nodes"),
            allow=args.get("allow") or [],
            min_free_mb=args.get("min_free_mb"),
            ssh_port=int(args.get("ssh_port") or 22),
            open_ports=args.get("open_ports") or [22],
            keys_for=args.get("keys_for") or [],
        )
        return self._conclude(result)

    def _unusable(self, result, reason):
        """A server that answers but on which no command can be run as needed."""
        result["reached"] = True
        result["findings"] = [{"slug": "incomplete", "blocking": True, "allowed": False, "message": reason}]
        return self._conclude(result)

    @staticmethod
    def _conclude(result):
        lines = [(f"{finding['slug']}: {finding['message']}", finding) for finding in result["findings"]]
        result["messages"] = [line for line, _finding in lines]
        result["blocking"] = [line for line, finding in lines if finding["blocking"]]
        result["reason"] = "; ".join(result["blocking"])
        if result["messages"]:
            result["msg"] = result["messages"]
        return result

    def _interpreter(self, task_vars):
        """The Python that the inventory sets, if it sets a path."""
        value = task_vars.get("ansible_python_interpreter")
        value = str(self._templar.template(value)) if value else ""
        return value if value.startswith("/") else None
