# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The last word on each host; documented in plugins/modules/outcome.py."""

from __future__ import annotations

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.iepc.prep.plugins.plugin_utils.host_inputs import host_inputs


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset(("verdicts", "fail_on_findings"))

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        result["changed"] = False
        name = str(task_vars["inventory_hostname"])
        # The report's view where there is one, so that both never say different things.
        host = (self._task.args.get("verdicts") or {}).get(name)
        if not host:
            host = host_inputs(name, task_vars["hostvars"])
        verdict = str(host.get("verdict") or "")
        reason = str(host.get("reason") or "")
        if host["contact"] == "unreachable":
            result.update(unreachable=True, msg=reason or "unreachable")
        elif host["contact"] == "failed":
            result.update(failed=True, msg=reason or "failed")
        elif boolean(self._task.args.get("fail_on_findings", False)) and host.get("failed_required"):
            result.update(failed=True, msg=f"{verdict}: {', '.join(map(str, host['failed_required']))}")
        else:
            result["msg"] = verdict
        return result
