"""A workspace: the directory with an inventory, its variables and the playbook that is run."""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from pathlib import Path

from prepctl.errors import PrepctlError

INVENTORY = "diffusers.ini"


@dataclass(frozen=True)
class Workspace:
    """Where a run takes its inputs from and leaves its reports."""

    directory: Path
    inventory: Path

    @classmethod
    def open(cls, directory: Path, inventory: Path | None = None) -> Workspace:
        """The workspace in *directory*.

        :param inventory: another inventory file, relative to the current directory.
        :raises PrepctlError: there is no such directory or inventory.
        """
        directory = directory.resolve()
        if not directory.is_dir():
            raise PrepctlError(f"{directory}: expected a workspace directory, found none")
        path = inventory.resolve() if inventory else directory / INVENTORY
        if not path.exists():
            raise PrepctlError(
                f"{path}: expected an inventory, found none; name the workspace with --workspace, "
                "or make one with prepctl init"
            )
        return cls(directory, path)

    def playbook(self, verb: str) -> str:
        """The playbook of a verb: the workspace's own file, else the collection's.

        ``onboard`` is exactly what ``ansible-playbook site.yml`` does, so that file must be there.

        :param verb: ``onboard``, ``check`` or ``preflight``.
        """
        name = "site" if verb == "onboard" else verb
        path = self.directory / f"{name}.yml"
        if path.is_file():
            return path.name
        if verb == "onboard":
            raise PrepctlError(
                f"{path}: expected the workspace's playbook, found none; copy it from inventories/example"
            )
        return f"iepc.prep.{name}"

    def host_key_checking(self) -> bool:
        """What the workspace's ansible.cfg says about unknown SSH host keys (Ansible's default: check)."""
        config = configparser.ConfigParser(interpolation=None)
        try:
            config.read(self.directory / "ansible.cfg", encoding="utf-8")
            return config.getboolean("defaults", "host_key_checking", fallback=True)
        except (configparser.Error, ValueError):
            return True
