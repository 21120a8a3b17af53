# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What the files of an inventory say, and which file says it.

Ansible merges a host's variables and forgets where each came from.  A person
who has to correct a value needs the file, so the files are read once more, in
Ansible's own order of precedence and with Ansible's own loader, which
decrypts vaulted files with the passwords of the run.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping

from ansible.errors import AnsibleError
from ansible.inventory.helpers import sort_groups


class InventoryFiles:
    """Provenance of an inventory's variables.

    :ivar provenance: ``{(host, variable): file}``, the file that wins.
    :ivar declared: ``[(file, variable)]``, everything that any file sets.
    :ivar orphans: ``[(file, name, kind)]``: files of hosts or groups that the
        inventory does not have; nothing reads those.
    :ivar unreadable: ``[(file, reason)]``.
    """

    def __init__(self, inventory, loader) -> None:
        self._loader = loader
        self._sources = _sources(inventory)
        self._base = self._sources[0][1] if self._sources else os.getcwd()
        self.provenance: dict[tuple[str, str], str] = {}
        self.declared: list[tuple[str, str]] = []
        self.orphans: list[tuple[str, str, str]] = []
        self.unreadable: list[tuple[str, str]] = []
        self._cache: dict[tuple[str, str, str], list[tuple[str, list[str]]]] = {}
        self._seen: set[tuple[str, str]] = set()
        self._read(inventory)

    def _read(self, inventory) -> None:
        ini = self._shown(self._sources[0][0]) if self._sources else "inventory"
        # implicit_localhost is no host of the inventory.
        hosts = list(inventory.hosts.values())
        for host in hosts:
            groups = sort_groups(host.get_groups())
            for group in groups:
                self._note(host.name, ini, _own(group.vars))
                for file, keys in self._files("group_vars", group.name):
                    self._note(host.name, file, keys)
            self._note(host.name, ini, _own(host.vars))
            for file, keys in self._files("host_vars", host.name):
                self._note(host.name, file, keys)
        self._find_orphans("host_vars", {host.name for host in hosts}, "host")
        self._find_orphans("group_vars", set(inventory.groups), "group")

    def _note(self, host: str, file: str, keys: Iterable[str]) -> None:
        for key in keys:
            self.provenance[(host, key)] = file
            if (file, key) not in self._seen:
                self._seen.add((file, key))
                self.declared.append((file, key))

    def _files(self, kind: str, name: str) -> list[tuple[str, list[str]]]:
        """The files of one host or group with the variables that each sets."""
        found = []
        for _source, directory in self._sources:
            cache_key = (kind, name, directory)
            if cache_key not in self._cache:
                self._cache[cache_key] = list(self._load(os.path.join(directory, kind), name))
            found.extend(self._cache[cache_key])
        return found

    def _load(self, directory: str, name: str) -> Iterable[tuple[str, list[str]]]:
        if not os.path.isdir(directory):
            return
        for path in self._loader.find_vars_files(directory, name):
            path = os.fsdecode(path)
            try:
                data = self._loader.load_from_file(path, cache="none")
            except AnsibleError as problem:
                self.unreadable.append((self._shown(path), " ".join(str(problem).split())[:300]))
                continue
            if isinstance(data, Mapping):
                yield self._shown(path), [str(key) for key in data]

    def _find_orphans(self, kind: str, names: set[str], what: str) -> None:
        for _source, directory in self._sources:
            folder = os.path.join(directory, kind)
            for entry in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
                stem, extension = os.path.splitext(entry)
                if entry.startswith(".") or entry.endswith("~") or entry in names:
                    continue
                if extension in ("", ".yml", ".yaml", ".json") and stem not in names:
                    self.orphans.append((self._shown(os.path.join(folder, entry)), stem, what))

    def _shown(self, path: str) -> str:
        """*path* as a person at the inventory would write it."""
        relative = os.path.relpath(path, self._base)
        return path if relative.startswith("..") else relative


def _sources(inventory) -> list[tuple[str, str]]:
    """(source, its directory) of each inventory file given to the run."""
    found = []
    for source in inventory._sources:
        if source and os.path.exists(source):
            path = os.path.abspath(source)
            found.append((path, path if os.path.isdir(path) else os.path.dirname(path)))
    return found


def _own(variables: Mapping) -> list[str]:
    """Variables that the inventory's file itself sets (Ansible adds two of its own)."""
    return [str(key) for key in variables if key not in ("inventory_file", "inventory_dir")]


def to_plain(value):
    """*value* as plain Python data: no tagged, lazy or vault types of either ansible-core.

    Dates that YAML made out of unquoted text become ISO 8601 text again.
    """
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, datetime.date):
        return datetime.date.isoformat(value)
    if isinstance(value, Mapping):
        return {to_plain(key): to_plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [to_plain(inner) for inner in value]
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    # str(str_subclass) may keep the subclass; joining does not.
    return "".join(str(value))
