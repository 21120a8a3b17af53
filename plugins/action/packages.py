# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Install packages with the manager's own module, run by the Python that owns its binding.

Thin: the work is done by ansible-core's apt, dnf and yum modules. What it adds is what those
can't do for themselves here: pick the interpreter, and look again with a fresh index.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

# Debian's apt binding exists for the system's Python 3 alone, also where Ansible drives the host
# through Python 2.7: a Python 2 module of ansible-core 2.16 that moves over to Python 3 by
# itself hands over its arguments as text that the other side can't decode.
BINDING_PYTHON = {"apt": "/usr/bin/python3"}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        task_vars = task_vars or {}
        super(ActionModule, self).run(tmp, task_vars)
        names = self._task.args.get("name")
        if not isinstance(names, list) or not names:
            raise AnsibleActionFail("packages: name: expected a list of package names, got %r" % (names,))
        manager = task_vars.get("ansible_facts", {}).get("pkg_mgr")
        if manager not in ("apt", "dnf", "dnf5", "yum"):
            raise AnsibleActionFail(
                "packages: expected a system with apt, dnf or yum, got pkg_mgr=%r" % (manager,)
            )
        if manager in BINDING_PYTHON:
            task_vars = dict(task_vars, ansible_python_interpreter=BINDING_PYTHON[manager])
        arguments = {"name": names, "state": "present"}
        if manager == "apt":
            # A diffuser runs what was asked for, nothing more.
            arguments["install_recommends"] = False
            arguments["lock_timeout"] = 120
        result = self._run(manager, arguments, task_vars)
        if result.get("failed") and manager == "apt":
            # An index that is absent or older than the archive: once more with a fresh one.
            result = self._run(manager, dict(arguments, update_cache=True), task_vars)
        return result

    def _run(self, manager, arguments, task_vars):
        return self._execute_module(
            module_name="ansible.legacy." + manager, module_args=arguments, task_vars=task_vars
        )
