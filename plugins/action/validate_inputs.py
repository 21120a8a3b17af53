# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Judges the inventory on the controller; documented in plugins/modules/validate_inputs.py."""

from __future__ import annotations

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.iepc.prep.plugins.module_utils import inputs
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import (
    CallError,
    UnknownCallError,
    known_calls,
    load_call,
)
from ansible_collections.iepc.prep.plugins.plugin_utils.inventory_files import InventoryFiles, to_plain
from ansible_collections.iepc.prep.plugins.plugin_utils.role_specs import role_options


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset(("group",))

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        group = self._task.args.get("group", "diffusers")
        files = InventoryFiles(self._inventory(), self._loader)
        specs = role_options()
        names = [str(name) for name in task_vars["groups"].get(group, [])]
        # The roles of a playbook do not check their options once more.
        for key in self._task.get_variable_manager().extra_vars:
            files.provenance.update({(name, key): "the command line (-e)" for name in names})
        mistakes = []
        hosts = {name: self._variables(name, task_vars, files, specs, mistakes) for name in names}
        call = self._call(hosts, task_vars, files, mistakes)
        mistakes += inputs.validate(call, hosts, files.provenance, specs, files.declared)
        for file, name, kind in files.orphans:
            known = hosts if kind == "host" else task_vars["groups"]
            expected = f"the file of a {kind} of the inventory"
            mistakes.append(
                inputs.error(file, name, expected, f"no such {kind}", hint=inputs.suggest(name, known))
            )
        for file, reason in files.unreadable:
            mistakes.append(inputs.error(file, "-", "a file that can be read", reason))
        lines = list(dict.fromkeys(map(inputs.format_error, sorted(mistakes, key=lambda one: one["file"]))))
        if lines:
            result["failed"] = True
            # Once, as text: every output format shows a message as it is, one line per mistake.
            result["msg"] = "\n".join(["The inventory has mistakes; no server was touched.", *lines])
        else:
            result["msg"] = f"The inventory of {len(hosts)} diffusers is complete and well-formed."
        return result

    def _inventory(self):
        return self._task.get_variable_manager()._inventory

    def _variables(self, name, task_vars, files, specs, mistakes):
        """What the checks look at of one host, templated; a value that cannot be had is a mistake."""
        host = task_vars["hostvars"][name]
        values = {}
        for key in [*inputs.KNOWN_KEYS, *specs]:
            if key not in inputs.KNOWN_KEYS and (name, key) not in files.provenance:
                continue
            try:
                if key not in host:
                    continue
                values[key] = to_plain(host[key])
                # ansible-core 2.16 hands an undefined template back as its own text.
                unresolved = isinstance(values[key], str) and "{{" in values[key]
                reason = "an undefined variable in it" if unresolved else None
            except (AnsibleError, KeyError, ValueError) as problem:
                reason = " ".join(str(problem).split())[:160]
            if reason:
                values[key] = inputs.UNREADABLE
                file = files.provenance.get((name, key), "inventory")
                mistakes.append(inputs.error(file, key, "a value that can be evaluated", reason, host=name))
        return values

    def _call(self, hosts, task_vars, files, mistakes):
        """The call that the inventory names; None (and a mistake) if it cannot be had."""
        named = {}
        for host in hosts:
            name = hosts[host].get("prep_call")
            if name and name is not inputs.UNREADABLE:
                named.setdefault(str(name), host)
        call = None
        for name, host in named.items():
            file = files.provenance.get((host, "prep_call"), "group_vars/diffusers.yml")
            try:
                call = load_call(name, [str(task_vars.get("inventory_dir") or ".")])
            except UnknownCallError:
                mistakes.append(inputs.check_call(name, known_calls(), file))
            except CallError as problem:
                mistakes += [inputs.error(file, "prep_call", "a usable call", line) for line in problem.lines]
        if len(named) > 1:
            mistakes.append(
                inputs.error(file, "prep_call", "one call for all diffusers", ", ".join(sorted(named)))
            )
        return call
