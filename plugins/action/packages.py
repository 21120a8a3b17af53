# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Install packages with the manager's own module, run by the Python that owns its binding.

Thin: the work is done by ansible-core's apt, dnf and yum modules. What it adds is what those
can't do for themselves here: see in a moment that nothing is to be done, pick the interpreter,
finish what a power cut broke off, look again with a fresh index, and in check mode remember what
the run would have installed by then.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re
import shlex

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.iepc.prep.plugins.plugin_utils.run_tags import by_tags
from ansible_collections.iepc.prep.plugins.plugin_utils.software_stock import outdated, stock

# Debian's apt binding exists for the system's Python 3 alone, also where Ansible drives the host
# through Python 2.7: a Python 2 module of ansible-core 2.16 that moves over to Python 3 by
# itself hands over its arguments as text that the other side can't decode.
BINDING_PYTHON = {"apt": "/usr/bin/python3"}

# What dpkg and apt say after a power cut in the middle of their work (dpkg 1.20 to 1.22, apt 2.2 to 3.0).
CUT_OFF = (
    "dpkg was interrupted",
    "dpkg --configure -a",
    "very bad inconsistent state",
    "needs to be reinstalled",
    "Unmet dependencies",
    "unmet dependencies",
    "--fix-broken install",
    "files list file for package",
)
# Configure what was unpacked, complete what lacks a part, lay anew what was broken off in between:
# dpkg-query names those with an R, "reinst-required", as third letter. Files of ours stay as they are.
FINISH = """export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
keep='-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120'
# First of all this reads dpkg's journal; what it can't configure comes next.
dpkg --force-confdef --force-confold --configure -a
broken=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' | sed -n 's/^..R *//p')
[ -z "$broken" ] || apt-get -q -y $keep --reinstall install $broken || dpkg --remove --force-remove-reinstreq $broken
dpkg --force-confdef --force-confold --configure -a
apt-get -q -y $keep --fix-broken install
"""

# Ends with 0 when all is installed and whole: the managers' modules take half a second and more to see that, as
# they load what every package source has. On Debian also when dpkg's journal is empty and nobody but us would
# miss a package (apt's extended states, apt-mark(8)): to mark it as wanted is the module's work.
INSTALLED = {
    "apt": """[ -z "$(ls -A /var/lib/dpkg/updates 2>/dev/null)" ] || exit 1
states=$(dpkg-query -W -f '${{db:Status-Abbrev}}\\n' {names} 2>/dev/null) || exit 1
[ "$(printf '%s\\n' "$states" | sort -u)" = 'ii ' ] || exit 1
[ -r /var/lib/apt/extended_states ] || exit 0
for name in $(awk -v RS= '/Auto-Installed: 1/ {{print $2}}' /var/lib/apt/extended_states); do
case " "{joined}" " in *" $name "*) exit 1;; esac; done""",
    "rpm": "rpm -q --quiet {names}",
}

# What would be installed, dependencies included: `Inst NAME` of apt-get(8) --simulate, and
# `Installed: NAME-VERSION-RELEASE` of the modules dnf and yum.
WOULD_INSTALL = re.compile(r"^(?:Inst ([^ ]+)|Installed: (.+?)-[^-]+-[^-]+$)")
ANNOUNCED = "prep_packages_announced"


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        task_vars = task_vars or {}
        super(ActionModule, self).run(tmp, task_vars)
        names = self._task.args.get("name")
        if not isinstance(names, list) or not names:
            raise AnsibleActionFail("packages: name: expected a list of package names, got %r" % (names,))
        state = self._task.args.get("state", "present")
        if state not in ("present", "latest"):
            raise AnsibleActionFail("packages: state: expected present or latest, got %r" % (state,))
        manager = task_vars.get("ansible_facts", {}).get("pkg_mgr")
        if manager not in ("apt", "dnf", "dnf5", "yum"):
            raise AnsibleActionFail(
                "packages: expected a system with apt, dnf or yum, got pkg_mgr=%r" % (manager,)
            )
        announced = set(task_vars.get("ansible_facts", {}).get(ANNOUNCED) or [])
        if self._task.check_mode:
            names = [name for name in names if name not in announced]
            if not names:
                return {"changed": False, "msg": "announced by an earlier task of this run"}
        if state == "present" and set(names) <= set(stock(task_vars).get("packages", ())):
            return {"changed": False, "skipped": True, "msg": "installed, as prep_software says"}
        if state == "present" and self._are_installed(manager, names):
            return {"changed": False, "msg": "installed"}
        wanted = names + self._along(names, announced, task_vars) if state == "present" else names
        if manager in BINDING_PYTHON:
            task_vars = dict(task_vars, ansible_python_interpreter=BINDING_PYTHON[manager])
        arguments = {"name": wanted, "state": state}
        if manager == "apt":
            # A diffuser runs what was asked for, nothing more.
            arguments["install_recommends"] = False
            arguments["lock_timeout"] = 120
        result = self._run(manager, arguments, task_vars)
        if result.get("failed") and manager == "apt" and not self._task.check_mode and self._was_cut_off(result):
            self._low_level_execute_command(FINISH)
            result = self._run(manager, arguments, task_vars)
        if result.get("failed") and manager == "apt":
            # An index that is absent or older than the archive: once more with a fresh one.
            result = self._run(manager, dict(arguments, update_cache=True), task_vars)
        if result.get("failed") and wanted != names:
            # What this task asks for must not fail for the sake of what others will.
            wanted = names
            result = self._run(manager, dict(arguments, name=names), task_vars)
        if self._task.check_mode and result.get("changed"):
            announced.update(wanted, _would_install(result))
            result["ansible_facts"] = {ANNOUNCED: sorted(announced)}
        elif result.get("changed") or result.get("failed"):
            result["ansible_facts"] = outdated(task_vars)
        return result

    def _along(self, names, announced, task_vars):
        """What later tasks of the same run will ask for; a run by tags has other tasks."""
        groups = self._task.args.get("along") or []
        if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
            raise AnsibleActionFail("packages: along: expected a list of lists of package names, got %r" % (groups,))
        if by_tags(task_vars):
            return []
        # The first of them: a later stage has its reason to come later.
        others = next((group for group in groups if set(names) <= set(group)), [])
        passed_by = set(names) | (announced if self._task.check_mode else set())
        return [name for place, name in enumerate(others) if name not in passed_by and name not in others[:place]]

    def _are_installed(self, manager, names):
        script = INSTALLED["apt" if manager == "apt" else "rpm"]
        words = script.format(names=" ".join(map(shlex.quote, names)), joined=shlex.quote(" ".join(names)))
        return self._low_level_execute_command(words).get("rc") == 0

    @staticmethod
    def _was_cut_off(result):
        """Whether dpkg says that it was interrupted, or left a package or its own database half done."""
        said = " ".join(str(result.get(key) or "") for key in ("msg", "stderr", "stdout"))
        return any(words in said for words in CUT_OFF)

    def _run(self, manager, arguments, task_vars):
        return self._execute_module(
            module_name="ansible.legacy." + manager, module_args=arguments, task_vars=task_vars
        )


def _would_install(result):
    """Names of the packages that a result of check mode speaks of."""
    lines = str(result.get("stdout") or "").splitlines() + [str(line) for line in result.get("results") or []]
    found = [WOULD_INSTALL.match(line) for line in lines]
    return [match.group(1) or match.group(2) for match in found if match]
