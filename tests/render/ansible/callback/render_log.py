"""Writes what each task came to, one JSON line each, where the driver says."""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: render_log
type: stdout
short_description: The run as JSON lines for the render matrix
description:
  - One line per result with host, role, task and, when it failed, why.
author: iepc.prep contributors (@iepc-prep)
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "render_log"

    def _write(self, result, state, ignored=False):
        role = getattr(result._task, "_role", None)
        answer = result._result
        line = {
            "host": result._host.get_name(),
            "role": role.get_name() if role else "",
            "task": result._task.get_name(),
            "action": str(result._task.action),
            "state": state,
            "ignored": bool(ignored),
            "msg": str(answer.get("msg", "")) if state in ("failed", "unreachable") else "",
        }
        for item in answer.get("results", []) if state == "failed" else []:
            if isinstance(item, dict) and item.get("failed"):
                line["msg"] += " | " + str(item.get("msg", ""))
        with open(os.environ["RENDER_LOG"], "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")

    def v2_runner_on_ok(self, result):
        self._write(result, "ok")

    def v2_runner_on_skipped(self, result):
        self._write(result, "skipped")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._write(result, "failed", ignore_errors)

    def v2_runner_on_unreachable(self, result):
        self._write(result, "unreachable")

    def v2_playbook_on_no_hosts_matched(self):
        with open(os.environ["RENDER_LOG"], "a", encoding="utf-8") as log:
            log.write(
                json.dumps({"host": "", "role": "", "task": "", "action": "", "state": "no hosts", "msg": ""}) + "\n"
            )
