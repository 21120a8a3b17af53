"""What a new workspace holds, and how it comes to be there whole or not at all."""

# Ansible's collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prepctl import vault
from prepctl.enrol.changes import STAGE, Changes, cannot_write, locked
from prepctl.enrol.host_key import KNOWN_HOSTS
from prepctl.errors import PrepctlError
from prepctl.language import say
from prepctl.publish.keys import KeyRing

# A repository or an editor may have been there first.
HARMLESS = {
    ".git",
    ".gitignore",
    ".gitattributes",
    ".github",
    ".vscode",
    ".idea",
    ".envrc",
    ".prepctl.lock",
    "README.md",
}

SITE = """---
# The main job: `ansible-playbook site.yml -i diffusers.ini`, or `prepctl onboard`.
- name: Bring every diffuser to compliance and prove it
  ansible.builtin.import_playbook: iepc.prep.site
"""
CHECK = """---
# Evidence and report only; changes nothing: `prepctl check`.
- name: Prove, clause by clause, what the diffusers are
  ansible.builtin.import_playbook: iepc.prep.check
"""
CONFIG = """[defaults]
inventory = diffusers.ini
host_key_checking = True
vault_password_file = {password_file}
interpreter_python = auto_silent
retry_files_enabled = False
inject_facts_as_vars = False
gathering = explicit
forks = 25
timeout = 10
nocows = True
callback_result_format = yaml
display_skipped_hosts = False

[ssh_connection]
pipelining = True
ssh_args = -o ControlMaster=auto -o ControlPersist=120s -o ServerAliveInterval=5 -o ServerAliveCountMax=3
"""
INVENTORY = """\
# Los difusores: un servidor por renglón. `prepctl add` los agrega; el nombre es el de su archivo en host_vars/.
[diffusers]

# Equipos que miran a los difusores desde fuera. Al menos uno no debe estar en la lista de direcciones
# autorizadas: comprueba que 22 y 873 están cerrados para los demás. `prepctl add --vantage-point` los agrega.
[vantage_points]

[all:vars]
ansible_user={user}
"""
EVERYBODY = """---
# Cómo se llega a los servidores: con las huellas que alguien confirmó, y con ninguna otra.
ansible_ssh_common_args: >-
  -o UserKnownHostsFile='"{{{{ inventory_dir }}}}/{known_hosts}"'
  -o StrictHostKeyChecking=yes
{key}"""
KEY = "ansible_ssh_private_key_file: {path}\n"
GROUP = """---
# Lo que es igual para todos los difusores.

# La convocatoria: un nombre que `prepctl call show` conoce, o la ruta de un archivo propio.
prep_call: {call}

# II.2: direcciones del Instituto, las únicas que llegan a TCP 22 y 873.
prep_allowed_sources: {allowed}

# Desde dónde se ejecuta esto. Cabe en la lista anterior y nunca se bloquea.
prep_control_nodes: {control_nodes}

# El usuario con que el Instituto envía los cortes por rsync.
prep_rsync_user: {rsync_user}

# Dónde quedan los informes.
prep_reports_dir: "{{{{ inventory_dir }}}}/reports"
"""
IGNORED = """\
# Secretos: nunca en un repositorio. Las claves de rsync en host_vars/ van cifradas y sí pueden estar.
.vault-password
keys/*.key
# Lo que cada corrida deja.
reports/
runs/
publication/
delivered/
.standing/
.prepctl*
"""


@dataclass(frozen=True)
class Answers:
    """What only the institute knows."""

    call: str
    allowed: list[str]
    control_nodes: list[str]
    rsync_user: str = "iepc"
    ssh_user: str = "root"
    ssh_key: Path | None = None
    password_file: Path | None = None
    """An own vault password; None to have one made."""
    call_file: Path | None = None
    """A call that does not come with the collection; it is copied."""
    signing_key: bool = True
    passphrase: bytes | None = None


def problems(answers: Answers) -> list[tuple[str, str, str]]:
    """What is wrong with the answers: (option, expected, got)."""
    from ansible_collections.iepc.prep.plugins.module_utils import addresses, input_formats, inputs

    found = []
    for text in answers.allowed:
        try:
            addresses.check_source(text)
        except addresses.AddressError as problem:
            hint = f" (did you mean {problem.hint}?)" if problem.hint else ""
            found.append(("--allow", str(problem), inputs.shown(text) + hint))
    for text in answers.control_nodes:
        try:
            addresses.parse_address(text)
        except addresses.AddressError as problem:
            found.append(("--control-node", str(problem), inputs.shown(text)))
            continue
        if not any(addresses.contains(network, text) for network in answers.allowed):
            found.append(("--control-node", "an address that --allow contains", inputs.shown(text)))
    if not input_formats.is_user_name(answers.rsync_user):
        found.append(("--rsync-user", "a user name of letters, digits, - and _", inputs.shown(answers.rsync_user)))
    if not input_formats.is_user_name(answers.ssh_user):
        found.append(("--ssh-user", "a user name of letters, digits, - and _", inputs.shown(answers.ssh_user)))
    for option, path in (("--ssh-key", answers.ssh_key), ("--vault-password-file", answers.password_file)):
        if path and not path.is_file():
            found.append((option, "a file", f"{path}, which is none"))
    return found


def files(answers: Answers) -> dict[str, tuple[str, int]]:
    """{name: (text, mode)} of a workspace without diffusers; its secrets are made afresh with each call."""
    own = str(answers.password_file.resolve()) if answers.password_file else vault.PASSWORD_FILE
    key = KEY.format(path=json.dumps(str(answers.ssh_key.resolve()))) if answers.ssh_key else ""
    call = f"calls/{answers.call_file.name}" if answers.call_file else answers.call
    found = {
        ".gitignore": (IGNORED, 0o644),
        "ansible.cfg": (CONFIG.format(password_file=own), 0o644),
        "check.yml": (CHECK, 0o644),
        "site.yml": (SITE, 0o644),
        KNOWN_HOSTS: ("", 0o644),
        "group_vars/all.yml": (EVERYBODY.format(known_hosts=KNOWN_HOSTS, key=key), 0o644),
        "group_vars/diffusers.yml": (
            GROUP.format(
                call=json.dumps(call), allowed=json.dumps(answers.allowed), rsync_user=answers.rsync_user,
                control_nodes=json.dumps(answers.control_nodes),
            ), 0o644,
        ),
        "host_vars/.gitkeep": ("", 0o644),
        "diffusers.ini": (INVENTORY.format(user=answers.ssh_user), 0o644),
    }  # fmt: skip
    if answers.call_file:
        found[call] = (answers.call_file.read_text(encoding="utf-8"), 0o644)
    if not answers.password_file:
        found[vault.PASSWORD_FILE] = (vault.new_secret() + "\n", 0o600)
    return found


def make(directory: Path, answers: Answers) -> list[str]:
    """Make a workspace; return what is in it.

    A directory that is not there appears whole, by one rename. One that is there has to be empty but for a
    repository's own files, none of which is overwritten.

    :raises PrepctlError: there is something else in the directory, or nothing can be written.
    """
    try:
        there = set(os.listdir(directory)) if directory.exists() else None
    except OSError as problem:
        raise cannot_write(directory, problem) from None
    # What an init that was cut off left for the next command.
    if there is not None and there - HARMLESS - {STAGE}:
        found = sorted(there - HARMLESS - {STAGE})[0]
        raise PrepctlError(
            say("{path}: expected a new or empty directory, found {found} in it; `prepctl add` adds to a workspace",
                path=directory, found=found)
        )  # fmt: skip
    content = files(answers)
    if there is None:
        return _appear(directory, content, answers)
    with locked(directory):
        changes = Changes(directory)
        for name, (text, mode) in content.items():
            if not (directory / name).exists():
                changes.write(name, text, mode)
        for name, data, mode in _signing_key(answers):
            changes.write(name, data, mode)
        changes.commit()
        if (directory / "keys").is_dir():
            os.chmod(directory / "keys", 0o700)
        return changes.names


def _appear(directory: Path, content: dict[str, tuple[str, int]], answers: Answers) -> list[str]:
    parent = directory.absolute().parent
    building = parent / f".{directory.name}.prepctl-{os.getpid()}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _forget_the_dead(parent, directory.name)
        building.mkdir(mode=0o700)
        changes = Changes(building)
        for name, (text, mode) in content.items():
            changes.write(name, text, mode)
        for name, data, mode in _signing_key(answers):
            changes.write(name, data, mode)
        changes.commit()
        if (building / "keys").is_dir():
            os.chmod(building / "keys", 0o700)
        os.rename(building, directory)
    except BaseException as problem:
        shutil.rmtree(building, ignore_errors=True)
        if isinstance(problem, OSError):
            raise cannot_write(parent, problem) from None
        if isinstance(problem.__cause__ or problem.__context__, OSError) and isinstance(problem, PrepctlError):
            # What is being built is no place that anybody knows.
            raise cannot_write(parent, problem.__context__) from None  # type: ignore[arg-type]
        raise
    return changes.names


def _forget_the_dead(parent: Path, name: str) -> None:
    """Remove what an init that was killed had begun."""
    for left in parent.glob(f".{name}.prepctl-*"):
        process = left.name.rpartition("-")[2]
        if process.isdigit() and not Path("/proc", process).exists():
            with contextlib.suppress(OSError):
                shutil.rmtree(left)


def _signing_key(answers: Answers) -> list[tuple[str, bytes, int]]:
    """(name, content, mode) of the files of a key that signs cuts."""
    import tempfile

    if not answers.signing_key:
        return []
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="prepctl-", dir=memory) as place:
        key = KeyRing(Path(place)).create(answers.passphrase)
        return [
            (f"keys/{key.private.name}", key.private.read_bytes(), 0o600),
            (f"keys/{key.public.name}", key.public.read_bytes(), 0o644),
        ]


def as_call(name: str) -> tuple[str, Path | None]:
    """(the call's name, its file if it is an own one).

    :raises PrepctlError: there is no such call, or it has mistakes.
    """
    from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import (
        CallError,
        find_call,
        known_calls,
        load_call,
    )

    try:
        load_call(name)
        return (name, None) if name in known_calls() else (name, find_call(name))
    except CallError as problem:
        raise PrepctlError(f"--call: {problem}") from None


def known_calls() -> list[str]:
    """Names of the calls that come with the collection."""
    from ansible_collections.iepc.prep.plugins.plugin_utils import call_files

    return [str(name) for name in call_files.known_calls()]


def describe(answers: Answers, directory: Path, names: list[str]) -> dict[str, Any]:
    """For ``--json``."""
    return {
        "schema": 1, "verb": "init", "workspace": str(directory.resolve()), "call": answers.call,
        "files": sorted(names),
        "vault_password_file": str(answers.password_file or directory / vault.PASSWORD_FILE),
    }  # fmt: skip
