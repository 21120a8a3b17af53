"""Runs the real playbook and every role for recorded systems and writes down what they would do.

``python driver.py DIRECTORY [VARIANT...]`` leaves in DIRECTORY ``log.jsonl`` (what each task came to)
and ``records/HOST.jsonl`` (each module call); with variants named, of these alone. Called by
``matrix.py`` in a process of its own, since ansible-core keeps its state in modules. No server is
needed and none is touched: see ``recorder.py``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.release import __version__ as CORE_VERSION

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
SEPARATOR = "."
SECRET = "s3cret-of-the-vault-"
# Where only letters are taken, as in a key.
SECRET_LETTERS = "c2VjcmV0LW9mLXRoZS12YXVsdA"
# Of a target, by ansible-core: as module_utils/preflight.py has it, which can't be imported before
# ansible-core has decided where collections are.
OLDEST_PYTHON = {(2, 16): (2, 7), (2, 17): (3, 7), (2, 18): (3, 8), (2, 19): (3, 8), (2, 20): (3, 9), (2, 21): (3, 9)}

SETTINGS = {
    "ANSIBLE_CONNECTION_PLUGINS": str(HERE / "ansible/connection"),
    "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "ansible/callback"),
    "ANSIBLE_STDOUT_CALLBACK": "render_log",
    "ANSIBLE_INJECT_FACT_VARS": "False",
    "ANSIBLE_GATHERING": "explicit",
    "ANSIBLE_DEPRECATION_WARNINGS": "False",
    "ANSIBLE_LOCALHOST_WARNING": "False",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "True",
    "ANSIBLE_RETRY_FILES_ENABLED": "False",
}


def shows_secret(text: str) -> bool:
    """Whether a text holds what the inventory has for a secret."""
    return SECRET in text or SECRET_LETTERS in text


def load(path: Path) -> Any:
    """One YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def recorded() -> dict[str, dict[str, Any]]:
    """The recorded systems by name."""
    return {path.stem: load(path) for path in sorted((HERE / "systems").glob("*.yml"))}


def systems() -> dict[str, dict[str, Any]]:
    """Those whose Python this ansible-core reaches: all in lane el7, not CentOS 7 and EL8 in lane current."""
    oldest = OLDEST_PYTHON[tuple(int(number) for number in CORE_VERSION.split(".")[:2])]
    return {
        name: data
        for name, data in recorded().items()
        if tuple(int(number) for number in data["facts"]["min"]["python_version"].split(".")[:2]) >= oldest
    }


def variants(only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Each role alone, then the variants of ``variants.yml``: name, roles, vars, systems; or only some."""
    data = load(HERE / "variants.yml")
    alone = [
        {"name": f"alone_{role.name}", "roles": [role.name], "vars": data["needs"].get(role.name, {})}
        for role in sorted((TOP / "roles").iterdir())
        if role.name not in data["not_alone"]
    ]
    told = []
    for variant in data["variants"]:
        needed: dict[str, Any] = {}
        for role in variant["roles"]:
            needed |= data["needs"].get(role, {})
        told.append({**variant, "vars": needed | variant.get("vars", {})})
    return [variant for variant in alone + told if not only or variant["name"] in only]


def host_name(system: str, variant: str) -> str:
    """The inventory host that is a system under a variant; a role may take it for a domain, which has no _."""
    return f"{system}{SEPARATOR}{variant.replace('_', '-')}"


def system_and_variant(host: str) -> tuple[str, str]:
    """What ``host_name`` made a name of; no variant: the site playbook's host."""
    system, _, variant = host.partition(SEPARATOR)
    return system, variant.replace("-", "_")


def write_inventory(directory: Path, known: dict[str, dict[str, Any]], only: Sequence[str]) -> None:
    """The lab's own inventory for the site playbook, and a group for each variant."""
    lab = TOP / "inventories/lab"
    (directory / "host_vars").mkdir(parents=True)
    (directory / ".lab").mkdir()
    groups: dict[str, Any] = {
        "diffusers": {
            "hosts": {name: {"local_system": name, "ansible_host": "172.30.97.12"} for name in known},
            "vars": {**load(lab / "group_vars/diffusers.yml"), "prep_reports_dir": str(directory / "reports")},
        }
    }
    outlet = (lab / "host_vars/difusor12.yml").read_text(encoding="utf-8")
    for name in known:
        text = outlet.replace("radiosierra", f"radio-{name}")
        (directory / "host_vars" / f"{name}.yml").write_text(text, encoding="utf-8")
        (directory / ".lab" / f"rsync-{name}").write_text(SECRET + name)
    for variant in variants(only):
        names = [name for name in variant.get("systems") or known if name in known]
        groups[variant["name"]] = {
            "hosts": {
                host_name(name, variant["name"]): {"local_system": name, "local_bare": variant.get("bare", False)}
                for name in names
            },
            "vars": variant["vars"],
        }
    inventory = {
        "all": {
            "vars": {
                "ansible_connection": "recorded",
                "lab_control_node": "172.30.115.1",
                "lab_origin": "172.30.115.20",
                "lab_reader": "172.30.115.30",
            },
            "children": groups,
        }
    }
    (directory / "hosts.yml").write_text(yaml.safe_dump(inventory, sort_keys=False), encoding="utf-8")


def write_playbook(directory: Path, only: Sequence[str]) -> None:
    """A play for each variant, then the site playbook as it is, whose last word ends the run."""
    plays: list[dict[str, Any]] = []
    for variant in variants(only):
        plays.append(
            {
                "hosts": variant["name"],
                "gather_facts": False,
                "check_mode": bool(variant.get("bare", False)),
                "tasks": [
                    {
                        # One that fails is in the log; it must not end the run of all others.
                        "block": [{"import_role": {"name": f"iepc.prep.{role}"}} for role in variant["roles"]],
                        "rescue": [{"meta": "noop"}],
                    }
                ],
            }
        )
    plays.append({"import_playbook": "iepc.prep.site"})
    (directory / "matrix.yml").write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")


def main(directory: Path, only: Sequence[str]) -> int:
    """Make the workspace, exchange the hand, run."""
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "records").mkdir(parents=True)
    known = systems()
    write_inventory(directory, known, only)
    write_playbook(directory, only)
    for name in [name for name in os.environ if re.match(r"ANSIBLE_(?!COLLECTIONS_PATH)", name)]:
        del os.environ[name]
    (directory / "ansible.cfg").write_text("[defaults]\n")
    os.environ.update(
        SETTINGS,
        ANSIBLE_CONFIG=str(directory / "ansible.cfg"),
        RENDER_LOG=str(directory / "log.jsonl"),
        HOME=str(directory),
    )

    # Only now: ansible-core reads its settings when it is imported.
    import inline_worker
    from ansible.cli.playbook import PlaybookCLI
    from recorder import Recorder

    inline_worker.install()
    Recorder(known, load(HERE / "answers.yml"), directory / "records").install()
    return int(
        PlaybookCLI(["ansible-playbook", "-i", str(directory / "hosts.yml"), str(directory / "matrix.yml")]).run()
    )


if __name__ == "__main__":
    code = main(Path(sys.argv[1]).resolve(), sys.argv[2:])
    print(json.dumps({"rc": code}))
