"""What is wrong with an inventory, a limit or a playbook before Ansible is started, which would go on without it.

An inventory that Ansible cannot read is to it one without hosts, and a run over no hosts is a success.
"""

from __future__ import annotations

import difflib
import re

from prepctl.errors import PrepctlError
from prepctl.inventory_file import InventoryFile
from prepctl.language import say
from prepctl.workspace import Workspace

GROUP = "diffusers"
ALWAYS = ("all", "ungrouped", "localhost")
# What is a pattern and no name; Ansible knows best what it fits.
_PATTERN = re.compile(r"[*?\[\]~!&@:]")


def check(workspace: Workspace, limit: str | None) -> None:
    """Judge what a run is started with.

    :raises PrepctlError: the first mistake, in one line.
    """
    if workspace.inventory.suffix != ".ini" or not workspace.inventory.is_file():
        return  # of another kind: Ansible's own words have to do
    file = InventoryFile(workspace.inventory)
    name = workspace.inventory.name
    if GROUP not in file.groups:
        raise PrepctlError(say("{path}: expected a section [{group}], found none", path=name, group=GROUP))
    if not file.hosts:
        raise PrepctlError(
            say("{path}: [{group}]: expected at least one diffuser, found none; prepctl add takes one in",
                path=name, group=GROUP)
        )  # fmt: skip
    for word in filter(None, (one.strip() for one in (limit or "").split(","))):
        if _PATTERN.search(word) or word in file.hosts or word in file.groups or word in ALWAYS:
            continue
        if any("[" in host for host in file.hosts):
            continue  # hosts by a range
        near = difflib.get_close_matches(word, [*file.hosts, *file.groups], n=1)
        hint = f" ({say('did you mean')} {near[0]}?)" if near else ""
        known = ", ".join(list(file.hosts)[:12]) + (" ..." if len(file.hosts) > 12 else "")
        raise PrepctlError(
            say("--limit: expected hosts or groups of {path} ({known}), got {word}", path=name, known=known, word=word)
            + hint
        )
