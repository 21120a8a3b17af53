"""The hand that would touch a server, replaced.

This is a mock of the server and of nothing else: variables, conditionals, loops, lookups, templates
and action plugins are ansible-core's and the collection's own. Two methods are exchanged, below
which every action plugin reaches its server: ``_execute_module`` and
``_low_level_execute_command``. What comes in is judged by the module's own argument spec and
written down; what goes back was recorded from such a system (``systems/``, ``answers.yml``).

Worker processes are forks, so they carry the exchange with them.
"""

from __future__ import annotations

import copy
import importlib
import json
import re
import time
from functools import cache
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.yumdnf import yumdnf_argument_spec
from ansible.plugins.action import ActionBase

OURS = "iepc.prep."
CORE = re.compile(r"^ansible\.(builtin|legacy)\.")
# They write text where the matrix could not see it whole.
BLIND_WRITERS = ("assemble", "copy", "ini_file", "lineinfile", "replace", "template")


class Captured(Exception):
    """The argument spec of a module, instead of its run."""


def _capture(**keywords: Any) -> None:
    raise Captured(keywords)


@cache
def argument_spec(module: str) -> dict[str, Any]:
    """What a module passes to AnsibleModule, by running its main() up to there."""
    where = "ansible_collections.iepc.prep.plugins.modules." if module.startswith(OURS) else "ansible.modules."
    code = importlib.import_module(where + module.rpartition(".")[2])
    code.AnsibleModule = _capture  # type: ignore[attr-defined]
    # dnf adds its own options to the spec that it shares with yum.
    shared = copy.deepcopy(yumdnf_argument_spec)
    try:
        code.main()
    except Captured as captured:
        found: dict[str, Any] = copy.deepcopy(captured.args[0])
        return found
    finally:
        yumdnf_argument_spec.update(shared)
    raise AssertionError(f"{module}: its main() never made an AnsibleModule")


def validated(module: str, given: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A module's parameters as it would see them, and what its spec says against them."""
    keywords = argument_spec(module)
    spec = dict(keywords["argument_spec"])
    if keywords.get("add_file_common_args"):
        from ansible.module_utils.basic import FILE_COMMON_ARGUMENTS

        spec = {**FILE_COMMON_ARGUMENTS, **spec}
    rules = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")
    result = ArgumentSpecValidator(spec, **{rule: keywords.get(rule) for rule in rules}).validate(given)
    return result.validated_parameters, list(result.error_messages)


def secret_parameters(module: str) -> list[str]:
    """Those that a module's own spec keeps out of logs."""
    return [name for name, option in argument_spec(module)["argument_spec"].items() if option.get("no_log")]


def transactions(params: dict[str, Any]) -> list[dict[str, Any]]:
    """What a call of config_transaction asks for: several transactions, or the one that the call itself is."""
    return params.get("transactions") or [params]


class Recorder:
    """Answers for recorded systems, and writes down what each would have been told to do."""

    def __init__(self, systems: dict[str, dict[str, Any]], answers: list[dict[str, Any]], out: Path) -> None:
        self.systems = systems
        self.answers = answers
        self.out = out

    def install(self) -> None:
        """Stand between action plugins and servers from here on."""
        recorder = self

        def execute_module(action: Any, module_name: str | None = None, module_args: Any = None, **rest: Any) -> Any:
            name = CORE.sub("", str(module_name or action._task.action))
            given = action._task.args if module_args is None else module_args
            given = {str(key): value for key, value in given.items() if not str(key).startswith("_ansible_")}
            return recorder.module(action, name, given, rest.get("task_vars") or {})

        def low_level(action: Any, cmd: str, *_args: Any, **_keywords: Any) -> Any:
            return recorder.shell(action, cmd)

        ActionBase._execute_module = execute_module
        ActionBase._low_level_execute_command = low_level

    def module(self, action: Any, name: str, given: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """One module call: judged, written down, answered."""
        # A task may be delegated; the server whose task it is counts.
        host = str(task_vars.get("inventory_hostname"))
        system = self.systems[task_vars["local_system"]]
        if name in BLIND_WRITERS:
            return self._failed(f"{name}: only what goes through config_transaction can be checked")
        params, errors = validated(name, given)
        if name == OURS + "config_transaction" and not errors:
            misused = importlib.import_module(
                "ansible_collections.iepc.prep.plugins.modules.config_transaction"
            ).misused
            errors = [error for one in transactions(params) if (error := misused(one["files"]))]
        if errors:
            return self._failed(f"{name}: {'; '.join(errors)}")
        role = getattr(action._task, "_role", None)
        self._write(
            host,
            {
                "role": role.get_name().rpartition(".")[2] if role else "",
                "task": action._task.get_name(),
                "module": name,
                "check_mode": bool(action._task.check_mode),
                "params": params,
                # What Ansible itself keeps out of logs and artifacts.
                "no_log": list(params) if action._task.no_log else secret_parameters(name),
            },
        )
        return self._answer(name, params, system, task_vars, action._task)

    def _answer(
        self, name: str, params: dict[str, Any], system: dict[str, Any], task_vars: dict[str, Any], task: Any
    ) -> dict[str, Any]:
        bare = bool(task_vars.get("local_bare"))
        if name in ("setup", "gather_facts"):
            return {
                "changed": False,
                "ansible_facts": gathered(system["facts"], params.get("gather_subset") or ["all"]),
            }
        if name == OURS + "component_versions":
            unknown = [one for one in params["names"] if one not in system["components"]]
            if unknown:
                return self._failed(f"component_versions: nothing recorded of {', '.join(unknown)}")
            installed = {one: "" if bare and one != "sshd" else system["components"][one] for one in params["names"]}
            # A stock that knows no package: each role says what it would install.
            stock = {"packages": [], "index_age_s": -1, "taken": "recorded"} if params["packages"] else {}
            return {"changed": False, "versions": installed, **stock}
        if name == OURS + "config_transaction":
            paths = [entry["path"] for one in transactions(params) for entry in one["files"]]
            return {"changed": True, "changed_paths": paths, "resumed": False}
        told = " ".join(
            str(word) for word in params.get("argv") or [params.get("_raw_params") or params.get("path") or ""]
        )
        for answer in self.answers:
            if (
                answer["module"] == name
                and re.search(answer.get("says", ""), told)
                and re.search(answer.get("task", ""), task.get_name())
                and task_vars["local_system"] in answer.get("systems", self.systems)
            ):
                return dict(self._filled(answer["answer"], system))
        if name == "command" and task.register:
            return self._failed(f"nothing recorded in answers.yml that answers the command: {told}")
        return {"changed": True, "rc": 0} if name == "command" else {"changed": True}

    def _filled(self, answer: Any, system: dict[str, Any]) -> Any:
        """An answer in which {name} stands for a recorded fact or component of the system."""
        if isinstance(answer, dict):
            filled = {key: self._filled(value, system) for key, value in answer.items()}
            if "stdout" in filled:
                filled["stdout_lines"] = filled["stdout"].splitlines()
            return filled
        if isinstance(answer, str):
            known = {
                **system["components"],
                **{key: value for part in system["facts"].values() for key, value in part.items()},
            }
            return re.sub(r"\{(\w+)\}", lambda found: str(known[found.group(1)]), answer)
        return answer

    def shell(self, action: Any, cmd: str) -> dict[str, Any]:
        """The first contact's script, answered as that system would."""
        if "##prep:" not in cmd:
            return self._failed(f"nothing recorded that answers the shell command: {cmd}")
        system = self.systems[action._templar.available_variables["local_system"]]
        return {"rc": 0, "stdout": contact_answer(system), "stderr": ""}

    @staticmethod
    def _failed(msg: str) -> dict[str, Any]:
        return {"failed": True, "msg": msg}

    def _write(self, host: str, record: dict[str, Any]) -> None:
        with open(self.out / f"{host}.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")


def gathered(facts: dict[str, dict[str, Any]], subset: list[str]) -> dict[str, Any]:
    """The facts of those subsets alone: what a role did not ask for it must not find."""
    names = [str(one) for one in subset]
    wanted = [
        part for part in facts if part == "min" or part in names or ("!all" not in names and "!" + part not in names)
    ]
    return {f"ansible_{key}": value for part in wanted for key, value in facts[part].items()}


def contact_answer(system: dict[str, Any]) -> str:
    """What the contact script prints on that system."""
    base, hardware, contact = system["facts"]["min"], system["facts"]["hardware"], system["contact"]
    sections = {
        "begin": "",
        "epoch": f"{time.time():.3f}",
        "uid": "0",
        "kernel": f"Linux {base['kernel']} x86_64",
        "os_release": contact["os_release"].strip(),
        "redhat_release": contact.get("redhat_release", ""),
        "debian_version": contact.get("debian_version", ""),
        "pythons": f"{contact['python']} {base['python_version']}",
        "disk": "/ 41943040 20971520\n/var 41943040 20971520\n/srv 41943040 20971520",
        "memory": str(hardware["memtotal_mb"] * 1024),
        "ssh_connection": "172.30.115.1 51000 172.30.115.2 22",
        "systemd": f"running\n{system['components']['systemd'].split('.')[0]}",
        "zone": "-0600",
        "package_manager": {"apt": "apt-get"}.get(base["pkg_mgr"], base["pkg_mgr"]),
        "firewalls": "firewalld",
        "end": "",
    }
    return "".join(f"##prep:{name}\n{text}\n" if text else f"##prep:{name}\n" for name, text in sections.items())
