"""Secrets in a workspace's files: made here, and encrypted by ansible-core's own vault."""

# Ansible carries no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import configparser
import os
import secrets
from pathlib import Path
from typing import Any

from prepctl.errors import PrepctlError
from prepctl.language import say

PASSWORD_FILE = ".vault-password"
# 32 bytes, of letters, digits, - and _: what rsyncd's secrets file takes.
SECRET_BYTES = 32


def new_secret() -> str:
    """A secret that nobody guesses."""
    return secrets.token_urlsafe(SECRET_BYTES)


def password_file(workspace: Path, given: Path | None) -> Path:
    """Where the vault's password is.

    :param given: what the command line says; else ANSIBLE_VAULT_PASSWORD_FILE, else the workspace's ansible.cfg.
    :raises PrepctlError: nothing says where, or the file is not there.
    """
    path = given or in_environment() or configured(workspace)
    if path is None:
        raise PrepctlError(
            say("{path}: expected vault_password_file in it, or --vault-password-file, found neither: "
                "without the password no secret can be encrypted", path=workspace / "ansible.cfg")
        )  # fmt: skip
    if not path.is_file():
        raise PrepctlError(
            say("{path}: expected the vault's password in it, found no such file; put it back, "
                "or name another with --vault-password-file", path=path)
        )  # fmt: skip
    return path


def in_environment() -> Path | None:
    """What ANSIBLE_VAULT_PASSWORD_FILE says."""
    named = os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
    return Path(named).expanduser() if named else None


def configured(workspace: Path) -> Path | None:
    """What ansible.cfg says, read as Ansible does: relative to the file itself."""
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read(workspace / "ansible.cfg", encoding="utf-8")
        named = config.get("defaults", "vault_password_file", fallback="")
    except (configparser.Error, ValueError):
        return None
    return workspace / Path(os.path.expandvars(named)).expanduser() if named else None


def secret(path: Path) -> Any:
    """The vault's password in a file, or what a program of that name prints, as Ansible reads it: a VaultSecret.

    :raises PrepctlError: there is none to be had.
    """
    from ansible.errors import AnsibleError
    from ansible.parsing.dataloader import DataLoader
    from ansible.parsing.vault import get_file_vault_secret

    try:
        found = get_file_vault_secret(filename=str(path), loader=DataLoader())
        found.load()
    except (AnsibleError, OSError) as problem:
        reason = " ".join(str(problem).split())
        raise PrepctlError(
            say("{path}: expected the vault's password in it: {reason}", path=path, reason=reason)
        ) from None
    return found


class Vault:
    """Encrypts with the password that :func:`secret` reads from a path."""

    def __init__(self, path: Path) -> None:
        from ansible.parsing.vault import VaultLib

        self._vault: Any = VaultLib([("default", secret(path))])

    def encrypt(self, text: str) -> str:
        """``$ANSIBLE_VAULT;1.1;AES256`` and what follows it."""
        return str(self._vault.encrypt(text).decode("ascii"))
