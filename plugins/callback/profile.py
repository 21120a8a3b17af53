# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a run's time went; the sums are plugins/plugin_utils/run_profile.py's."""

from __future__ import annotations

DOCUMENTATION = """
  name: profile
  type: aggregate
  short_description: Where a run's time went, and how many tasks each host was given
  version_added: 0.1.0
  description:
    - At the end of a run, a table with the seconds of each role, the tasks that each host executed and those that it
      skipped, and the slowest tasks.
    - A task takes from the first host that begins it to the last that ends it.
    - C(prepctl onboard --profile) prints the same table without this plugin.
  options:
    file:
      description: Where to write the whole profile as JSON; nowhere when empty.
      type: path
      env:
        - name: PREP_PROFILE_FILE
  requirements:
    - Enabled by name, C(ANSIBLE_CALLBACKS_ENABLED=iepc.prep.profile).
  author:
    - iepc.prep contributors (@iepc-prep)
"""

import json
import time

from ansible.plugins.callback import CallbackBase
from ansible_collections.iepc.prep.plugins.plugin_utils import run_profile


class CallbackModule(CallbackBase):
    """Notes when each host begins and ends each task."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "iepc.prep.profile"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._clock = run_profile.Clock()

    def v2_runner_on_start(self, host, task):
        self._clock.begin(task._uuid, host.get_name(), time.time())

    def v2_runner_on_ok(self, result):
        self._end(result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._end(result, "failed")

    def v2_runner_on_unreachable(self, result):
        self._end(result, "unreachable")

    def v2_runner_on_skipped(self, result):
        self._end(result, run_profile.SKIPPED)

    def v2_playbook_on_stats(self, stats):
        document = run_profile.profile(self._clock.rows)
        for line in ["", *run_profile.lines(document)]:
            self._display.display(line)
        file = self.get_option("file")
        if file:
            with open(file, "w", encoding="utf-8") as stream:
                json.dump(document, stream, ensure_ascii=False, indent=1)

    def _end(self, result, outcome):
        # ansible-core 2.19 names these without the underscore.
        host = (getattr(result, "host", None) or result._host).get_name()
        task = getattr(result, "task", None) or result._task
        role = task._role.get_name().rpartition(".")[2] if task._role else ""
        self._clock.end(task._uuid, role, task.name or task.action, host, time.time(), outcome)
