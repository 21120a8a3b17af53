# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What workers read on the servers, beside what the inventory here says of them."""

from __future__ import annotations

import json
from pathlib import Path


class ReadElsewhere:
    """``hostvars`` with what was read elsewhere laid over them, as plain data that is never templated.

    :param hostvars: Ansible's own.
    :param names: the hosts of the play.
    :param directory: ``NAME.json`` of each host that anything was read of: variables, and ``worker``, a number.
    :raises OSError, ValueError: a file can't be read, or is no mapping.
    """

    def __init__(self, hostvars, names, directory: Path) -> None:
        self._hostvars = hostvars
        self._read = {}
        for name in names:
            path = directory / f"{name}.json"
            found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            if not isinstance(found, dict):
                raise ValueError(f"{path.name}: expected a mapping of variables")
            self._read[name] = found

    @property
    def workers(self) -> list:
        """Those that anything was read by; None stands for hosts that nothing was read of."""
        return list(dict.fromkeys(found.get("worker") for found in self._read.values()))

    def of_worker(self, worker) -> list[str]:
        """The hosts of a worker: who looked at them from outside looked at no others."""
        return [name for name, found in self._read.items() if found.get("worker") == worker]

    def __getitem__(self, name):
        return _Laid(self._hostvars[name], self._read.get(name, {}))


class _Laid:
    """A host's variables, what was read first; each looked up only when asked for."""

    def __init__(self, own, read) -> None:
        self._own, self._read = own, read

    def __contains__(self, key) -> bool:
        return key in self._read or key in self._own

    def __getitem__(self, key):
        return self._read[key] if key in self._read else self._own[key]
