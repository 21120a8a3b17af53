"""What a worker is sent: the workspace, the collection, and what it needs to enter the servers.

It is a private data directory as ansible-runner documents it. It lies in a run's private directory, goes out over the
standard input of the worker's command and nowhere else; ansible-runner has it there in a directory for its owner alone,
which it removes at the end.
"""

# Ansible carries no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import COLLECTION

from prepctl import runner, vault
from prepctl.errors import PrepctlError
from prepctl.language import say
from prepctl.runner import Request

# What the workspace's own run needs of the collection.
PARTS = ("calls", "galaxy.yml", "MANIFEST.json", "meta", "playbooks", "plugins", "roles")
# What runs leave behind, and what no server and no playbook has a use for.
STAYS = {
    ".git", ".standing", ".venv", ".vault-password", "delivered", "logs", "memoria", "publication", "reports", "runs",
}  # fmt: skip
VAULT_PASSWORD = ".vault-password-of-this-run"
# A workspace is some hundred kilobytes; what is more lies there by mistake, and would go out once for each worker.
MOST_BYTES = 64 << 20


def pack(request: Request, keys: Mapping[str, list[str]], directory: Path) -> None:
    """Write the private data directory of a run into *directory*.

    :param keys: {path of a private key: hosts that are entered with it}.
    :raises PrepctlError: there is something that a worker could not use; one line, and nothing was sent.
    """
    workspace = request.workspace.directory
    if not request.workspace.inventory.is_relative_to(workspace):
        raise PrepctlError(
            say("{path}: expected an inventory within the workspace, since workers are sent that alone",
                path=request.workspace.inventory)
        )  # fmt: skip
    project, settings = directory / "project", directory / "env"
    settings.mkdir(mode=0o700, parents=True)
    _copy(workspace, project)
    collection = project / "collections/ansible_collections/iepc/prep"
    for name in PARTS:
        source = COLLECTION / name
        if source.is_dir():
            shutil.copytree(source, collection / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        elif source.is_file():
            shutil.copy2(source, collection / name)
    variables = runner.environment(request.workspace) | {"LC_ALL": "C.UTF-8"}
    password = _vault_password(request)
    if password is not None:
        _write(project / VAULT_PASSWORD, password)
        variables["ANSIBLE_VAULT_PASSWORD_FILE"] = VAULT_PASSWORD
    _write(settings / "envvars", json.dumps(variables).encode())
    _write(settings / "settings", json.dumps(runner.SETTINGS).encode())
    key = _key(keys, workspace)
    if key:
        _write(settings / "ssh_key", key)


def _copy(workspace: Path, project: Path) -> None:
    total = 0

    def left_out(place: str, names: list[str]) -> set[str]:
        nonlocal total
        here = Path(place)
        out = set()
        for name in names:
            path = here / name
            if _stays(path.relative_to(workspace)) or not (path.is_file() or path.is_dir()):  # a socket, a pipe
                out.add(name)
            elif path.is_file():
                total += path.stat().st_size
        if total > MOST_BYTES:
            raise PrepctlError(
                say("{path}: expected a workspace of at most {most} MiB, since each worker is sent it; move away what "
                    "is no input of a run", path=here, most=MOST_BYTES >> 20)
            )  # fmt: skip
        return out

    try:
        shutil.copytree(workspace, project, ignore=left_out)
    except shutil.Error as problem:
        source, _target, reason = problem.args[0][0]
        raise PrepctlError(say("{path}: cannot be read: {reason}", path=source, reason=reason)) from None


def _stays(path: Path) -> bool:
    """Whether a path of the workspace is no worker's business: the keys that sign are nobody's but this machine's."""
    signs = path.parent == Path("keys") and path.suffix == ".key"
    return signs or path.name == "__pycache__" or path.parts[0] in STAYS or path.parts[0].startswith(".prepctl")


def _vault_password(request: Request) -> bytes | None:
    """The vault's password, wherever it comes from; None if there is no vault."""
    if request.vault_password is not None:
        return request.vault_password.encode()
    path = request.vault_password_file or vault.in_environment() or vault.configured(request.workspace.directory)
    return None if path is None else bytes(vault.secret(path).bytes)


def _key(keys: Mapping[str, list[str]], workspace: Path) -> bytes | None:
    """The private key that the inventory names by a path that no worker has; its agent gets it, and no file.

    One within the workspace is sent with it; one of ssh's own, or an agent's, is for the command to forward.
    """
    elsewhere = [path for path in keys if not Path(path).resolve().is_relative_to(workspace)]
    wanted = elsewhere or (list(keys) if len(keys) == 1 else [])
    if not wanted:
        return None
    if len(wanted) > 1:
        raise PrepctlError(
            say("ansible_ssh_private_key_file: expected one key for all hosts, or keys within the workspace, to send "
                "them to workers; got {keys}", keys=", ".join(sorted(wanted)))
        )  # fmt: skip
    path = Path(wanted[0]).expanduser()
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise PrepctlError(say("{path}: cannot be read: {reason}", path=path, reason=problem.strerror)) from None
    if _has_passphrase(data):
        raise PrepctlError(
            say("{path}: expected a key without a passphrase, which no worker can ask for; load it into an agent, "
                "leave ansible_ssh_private_key_file out, and forward the agent (ssh -A)", path=path)
        )  # fmt: skip
    return data if data.endswith(b"\n") else data + b"\n"


def _has_passphrase(data: bytes) -> bool:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    read = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else load_pem_private_key
    try:
        read(data, None)
    except TypeError:
        return True
    except Exception:
        return False  # of a kind that ssh alone knows
    return False


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
