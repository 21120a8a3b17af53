"""A workspace's hosts with their variables, as Ansible has them, read in this process.

A run of ansible-playbook would take longer than most of what wants to know.
"""

# Ansible carries no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import fnmatch
import functools
import importlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import CallError, load_call
from ansible_collections.iepc.prep.plugins.plugin_utils.inventory_files import to_plain

from prepctl import vault
from prepctl.errors import PrepctlError
from prepctl.language import say
from prepctl.workspace import Workspace

GROUP = "diffusers"
# A host that no inventory has: what it would be is what its group says.
NOBODY = "prepctl-nobody"


def _configure(workspace: Workspace) -> None:
    """Have Ansible go by the workspace's configuration, which it reads when it is imported."""
    config = workspace.directory / "ansible.cfg"
    if config.is_file():
        os.environ.setdefault("ANSIBLE_CONFIG", str(config))


@functools.cache
def _set_up() -> None:
    """Have Ansible find its plugins; once a process."""
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()
    # From now on Ansible finds collections itself, and asks for what it did not load of one that is there already.
    ours: Any = importlib.import_module("ansible_collections.iepc.prep")
    if not hasattr(ours, "_collection_meta"):
        ours._collection_meta = {}


def read(
    workspace: Workspace,
    value_of: Callable[[Any, Mapping[str, Any], str], dict[str, Any]],
    *,
    limit: str | None = None,
    vault_file: Path | None = None,
    vault_password: str | None = None,
    with_nobody: bool = False,
) -> list[tuple[str, dict[str, Any]]]:
    """The diffusers of an inventory, each with what *value_of* (a templar, the variables, the host's name) makes of it.

    :param limit: names or patterns by commas; all diffusers if None.
    :param with_nobody: add :data:`NOBODY` to the group, last: what a new host would have.
    :raises PrepctlError: the inventory can't be read, or has no such diffuser; one line.
    """
    _configure(workspace)
    from ansible.errors import AnsibleError
    from ansible.template import Templar

    try:
        loader, inventory, manager = _open(workspace, vault_file, vault_password, with_nobody=with_nobody)
        names = [host.name for host in inventory.get_hosts(GROUP)]
        hosts = [host for host in inventory.get_hosts(GROUP) if host.name == NOBODY or _wanted(host.name, limit)]
        if not hosts:
            where = f"--limit {limit}" if limit else f"group {GROUP}"
            known = f"; it has {', '.join(names[:12])}" if limit and names else ""
            raise PrepctlError(f"{workspace.inventory}: expected a diffuser in {where}, found none{known}")
        found = []
        for host in hosts:
            variables = manager.get_vars(host=host)
            found.append((str(host.name), value_of(Templar(loader=loader, variables=variables), variables, host.name)))
    except AnsibleError as problem:
        raise PrepctlError(f"{workspace.inventory}: {problem}") from None
    return sorted(found, key=lambda one: one[0] == NOBODY)


def fleet(
    workspace: Workspace, limit: str | None = None, vault_file: Path | None = None, vault_password: str | None = None
) -> tuple[list[str], dict[str, list[str]]]:
    """Which diffusers a run is about, and the private keys that any host of the inventory is entered with.

    :param limit: as ``ansible-playbook --limit`` takes it.
    :returns: (names in the inventory's order, {path of a key: hosts}).
    :raises PrepctlError: the inventory can't be read; one line.
    """
    _configure(workspace)
    from ansible.errors import AnsibleError
    from ansible.template import Templar

    try:
        loader, inventory, manager = _open(workspace, vault_file, vault_password)
        keys: dict[str, list[str]] = {}
        read_keys = plain_values(("ansible_ssh_private_key_file", "ansible_private_key_file"))
        for host in inventory.get_hosts("all"):
            variables = manager.get_vars(host=host)
            if variables.get("ansible_connection") == "local":
                continue
            found = read_keys(Templar(loader=loader, variables=variables), variables, str(host.name))
            path = found["ansible_ssh_private_key_file"] or found["ansible_private_key_file"]
            if path:
                keys.setdefault(str(path), []).append(str(host.name))
        inventory.subset(limit)
        return [str(host.name) for host in inventory.get_hosts(GROUP)], keys
    except AnsibleError as problem:
        raise PrepctlError(f"{workspace.inventory}: {problem}") from None


def _open(
    workspace: Workspace, vault_file: Path | None, vault_password: str | None, *, with_nobody: bool = False
) -> tuple[Any, Any, Any]:
    """Ansible's loader, inventory and variables of a workspace."""
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader
    from ansible.vars.manager import VariableManager

    _set_up()
    loader = DataLoader()
    _open_vaults(loader, _vault_secrets(loader, vault_file or vault.configured(workspace.directory), vault_password))
    inventory = InventoryManager(loader=loader, sources=[str(workspace.inventory)])
    if with_nobody and GROUP in inventory.groups:
        inventory.add_host(NOBODY, group=GROUP)
    manager = VariableManager(loader=loader, inventory=inventory)
    if GROUP not in inventory.groups:
        raise PrepctlError(
            say("{path}: expected a section [{group}], found none", path=workspace.inventory.name, group=GROUP)
        )
    return loader, inventory, manager


def plain_values(names: tuple[str, ...]) -> Callable[[Any, Mapping[str, Any], str], dict[str, Any]]:
    """A reader of some variables as plain data; one that is missing or can't be evaluated is None."""

    def values(templar: Any, variables: Mapping[str, Any], _host: str) -> dict[str, Any]:
        from ansible.errors import AnsibleError

        found: dict[str, Any] = {}
        for name in names:
            try:
                found[name] = to_plain(templar.template(variables[name])) if name in variables else None
            except (AnsibleError, ValueError):
                found[name] = None
        return found

    return values


def the_call(workspace: Workspace, name: Any) -> dict[str, Any]:
    """The call that the inventory names.

    :raises PrepctlError: there is none of that name, or it has mistakes.
    """
    try:
        return dict(load_call(str(name), [str(workspace.directory)]))
    except CallError as problem:
        raise PrepctlError(f"prep_call: {problem}") from None


def _wanted(name: str, limit: str | None) -> bool:
    return limit is None or any(fnmatch.fnmatchcase(name, one.strip()) for one in limit.split(","))


def _open_vaults(loader: Any, secrets: list[Any]) -> None:
    """Let Ansible open what is encrypted with these secrets."""
    from ansible.parsing import vault as ansibles

    loader.set_vault_secrets(secrets)
    # ansible-core 2.19 opens single values with the secrets of the whole process, which its command line sets.
    context = getattr(ansibles, "VaultSecretsContext", None)
    if context is None:
        return
    current = context.current(optional=True)
    if current is None:
        context.initialize(context(secrets))
    else:
        current.secrets = secrets


def _vault_secrets(loader: Any, vault_file: Path | None, password: str | None) -> list[Any]:
    from ansible import constants
    from ansible.parsing.vault import VaultSecret, get_file_vault_secret

    secrets: list[Any] = []
    if password is not None:
        secrets.append(("default", VaultSecret(password.encode())))
    path = vault_file or constants.DEFAULT_VAULT_PASSWORD_FILE
    if path:
        secret = get_file_vault_secret(filename=str(path), loader=loader)
        secret.load()
        secrets.append(("default", secret))
    return secrets
