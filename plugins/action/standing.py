# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a server stands as the last whole run left it; documented in plugins/modules/standing.py."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.iepc.prep.plugins.plugin_utils import standing
from ansible_collections.iepc.prep.plugins.plugin_utils.inventory_files import to_plain
from ansible_collections.iepc.prep.plugins.plugin_utils.run_tags import by_tags


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("state", "evidence", "read", "directory"))

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        args = self._task.args
        if not args.get("directory"):
            raise AnsibleActionFail("standing: directory is required")
        self._host = str(task_vars["inventory_hostname"])
        self._records = standing.Records(Path(str(args["directory"])))
        # What the server is stays what it is, whether it is written down here or not.
        result["changed"] = False
        if args.get("state") == "compared":
            return {**result, **self._compare(args.get("evidence") or {}, task_vars)}
        if args.get("state") == "kept":
            return {**result, **self._keep(args.get("read"), task_vars)}
        raise AnsibleActionFail("standing: state: expected compared or kept, got %r" % (args.get("state"),))

    # -- before a run ------------------------------------------------------

    def _compare(self, options, task_vars):
        found = {"stands": False, "anew": [], "differs": [], "unread": [], "since": "", "inputs": ""}
        if self._changes_nothing(task_vars):
            return dict(found, msg="Everything is looked at: this run changes nothing.")
        try:
            return self._compared(options, task_vars, found)
        except AnsibleConnectionFailure as problem:
            # Whether it can be reached is for the tasks that need it to say.
            return dict(found, msg=f"Everything is looked at: {problem}")

    def _compared(self, options, task_vars, found):
        found["inputs"] = self._inputs(task_vars)
        record = self._records.read(self._host)
        if record is None:
            return dict(found, msg="Everything is looked at: there is no record of a whole run.")
        read = self._execute_module(
            module_name="iepc.prep.host_evidence", module_args=dict(options, footprint=True), task_vars=task_vars
        )
        footprint = standing.footprint(read.get("evidence"))
        for area in standing.differences(footprint, record["footprint"]):
            # What could not be read, as on a server that is too busy to answer, need not be another one.
            found["unread" if footprint[area] is None else "differs"].append(area)
        found["anew"] = standing.to_load_anew(found["differs"])
        found["since"] = datetime.fromtimestamp(record["at"], timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        reason = self._reason(record, found, task_vars)
        if reason is None:
            return dict(found, stands=True, read=read, msg=f"As the run of {found['since']} left it.")
        # From here on something may change; should this run be cut off, no server is taken for what it was before.
        if record.get("whole"):
            self._write(dict(record, whole=False), found)
        return dict(found, msg=f"Everything is looked at: {reason}.")

    def _reason(self, record, found, task_vars):
        """Why a server is not to be left as it is, in words; None when it is."""
        if boolean(task_vars.get("prep_thorough", False), strict=False):
            return "so it was asked (prep_thorough)"
        if by_tags(task_vars):
            return "tags were named"
        if not record.get("whole"):
            return f"since the run of {found['since']} there was one by tags, or one that did not come to its end"
        if standing.outdated(record):
            return f"the run of {found['since']} was more than {standing.MOST_AGE_S // 3600} hours ago"
        if record.get("inputs") != found["inputs"]:
            return "the inventory, the call or this collection is another one"
        if found["differs"]:
            return "not as it was left: " + ", ".join(found["differs"])
        if found["unread"]:
            return "not read: " + ", ".join(found["unread"])
        return None

    # -- after it ----------------------------------------------------------

    def _keep(self, read, task_vars):
        before = to_plain(task_vars.get("prep_standing") or {})
        if self._changes_nothing(task_vars) or before.get("stands") or not before.get("inputs"):
            return {"kept": False, "msg": "Nothing to write down."}
        footprint = standing.footprint(to_plain(read or {}).get("evidence"))
        blind = [area for area, digest in footprint.items() if digest is None]
        reason = (
            "tags were named" if by_tags(task_vars)
            else "the run did not bring all about" if task_vars.get("prep_converge_error")
            else "not read: " + ", ".join(blind) if blind
            else None
        )  # fmt: skip
        if reason:
            # A former record stays, as one that no server is found to stand by.
            return {"kept": False, "msg": f"Not written down: {reason}."}
        result = {}
        record = {"whole": True, "at": int(time.time()), "inputs": before["inputs"], "footprint": footprint}
        result["kept"] = self._write(record, result)
        result["msg"] = "Written down." if result["kept"] else "Not written down."
        return result

    # -- both --------------------------------------------------------------

    def _changes_nothing(self, task_vars):
        """Check mode and the call's freeze say what would change; that is for all roles to say."""
        return self._task.check_mode or boolean(task_vars.get("prep_frozen", False), strict=False)

    def _inputs(self, task_vars):
        manager = self._task.get_variable_manager()
        host = manager._inventory.get_host(self._host)
        # Without play and task: what roles bring along is in the collection, which counts as a whole.
        given = manager.get_vars(host=host, include_hostvars=False)
        said = getattr(manager, "_nonpersistent_fact_cache", {}).get(self._host, {})
        return standing.inputs_digest(given, self._templar.template, ["ansible_facts", *said])

    def _write(self, record, result):
        """Whether it was written; if not, that is said, and the next run looks at everything."""
        try:
            self._records.keep(self._host, record)
        except OSError as problem:
            why = f"cannot be written ({problem.strerror}): the next run looks at everything"
            result.setdefault("warnings", []).append(f"{self._records.path(self._host)}: {why}")
            return False
        return True
