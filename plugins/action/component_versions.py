# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Versions without a trip where the run's stock has them; documented in plugins/modules/component_versions.py."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.iepc.prep.plugins.plugin_utils.software_stock import stock


class ActionModule(ActionBase):
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        known = stock(task_vars).get("versions", {})
        names = self._task.args.get("names") or []
        if names and not self._task.args.get("packages") and all(name in known for name in names):
            result.update(skipped=True, changed=False, versions={name: known[name] for name in names})
        else:
            result.update(self._execute_module(task_vars=task_vars))
        return result
