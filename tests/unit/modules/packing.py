"""Packs modules as ansible-core does for a server; in a process where nobody else has used its loaders."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def found(name: str) -> str:
    """Return where ansible-core finds a module."""
    from ansible.plugins.loader import init_plugin_loader, module_loader

    init_plugin_loader()
    return str(module_loader.find_plugin_with_context(name).plugin_resolved_path)


def packed(name: str, args: dict[str, Any], interpreter: str) -> bytes:
    """Return what would be copied to a server: the module, what it imports, and its arguments."""
    from ansible.executor.module_common import modify_module
    from ansible.parsing.dataloader import DataLoader
    from ansible.template import Templar

    path = found(name)
    built = modify_module(
        module_name=name,
        module_path=path,
        module_args=args,
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": interpreter},
    )
    # ansible-core 2.16 returns the bytes and two words about them, 2.19 an object.
    data: bytes = built[0] if isinstance(built, tuple) else built.b_module_data
    return data
