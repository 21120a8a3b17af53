# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Writes down what each run changed, or in check mode said that it would."""

from __future__ import annotations

import json
import os

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
  name: changes
  type: aggregate
  short_description: A line of JSON per run with what changed on each host
  description:
    - For the tests of check mode, which compare what a run announced with what the next one did.
    - Appends to the file that the environment names (E(PREP_CHANGES_FILE)), else to C(changes.jsonl) in Molecule's
      directory of the scenario; does nothing elsewhere.
"""


class CallbackModule(CallbackBase):
    """One entry per changed task and host: the task's name, and its paths where it tells them."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "changes"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self._playbook = ""
        self._changes = {}

    def v2_playbook_on_start(self, playbook):
        self._playbook = os.path.basename(playbook._file_name)

    def v2_runner_on_ok(self, result):
        # ansible-core 2.19 names these without the underscore.
        answer = getattr(result, "result", None) or result._result
        task = getattr(result, "task", None) or result._task
        host = getattr(result, "host", None) or result._host
        if answer.get("changed"):
            entry = [task.get_name(), sorted(answer.get("changed_paths") or [])]
            self._changes.setdefault(host.get_name(), []).append(entry)

    def v2_playbook_on_stats(self, stats):
        directory = os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY")
        file = os.environ.get("PREP_CHANGES_FILE") or (directory and os.path.join(directory, "changes.jsonl"))
        if not file:
            return
        run = {"playbook": self._playbook, "check": bool(context.CLIARGS["check"]), "changes": self._changes}
        with open(file, "a", encoding="utf-8") as lines:
            lines.write(json.dumps(run, sort_keys=True) + "\n")
