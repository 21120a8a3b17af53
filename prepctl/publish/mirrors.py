"""The mirrors of an inventory, with what is needed to push to them and to read from them.

Ansible's own classes read the inventory in this process: a run of ansible-playbook would take longer
than the whole publication.
"""

# Ansible and its collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Here and not below: once Ansible's loader is set up, it wants to find collections itself.
from ansible_collections.iepc.prep.plugins.filter.publication_epochs import publication_epochs

from prepctl import inventory
from prepctl.errors import PrepctlError
from prepctl.workspace import Workspace

# Variables of a host, and what they are where the inventory doesn't say.
VARIABLES = {
    "ansible_host": None, "prep_call": None, "prep_domain": None, "prep_rsync_user": "iepc", "prep_rsync_secret": None,
    "rsync_daemon_port": 873, "rsync_daemon_module": "prep", "prep_outlet": None, "prep_contacts": None,
    "prep_documents": None, "prep_drills": None,
}  # fmt: skip
NEEDED = ("prep_call", "prep_rsync_secret")


@dataclass(frozen=True)
class Mirror:
    """One mirror."""

    name: str
    address: str
    domain: str
    user: str
    secret: str = field(repr=False)
    port: int = 873
    module: str = "prep"
    https: int = 443
    http: int = 80
    outlet: dict[str, Any] = field(default_factory=dict, compare=False)
    contacts: dict[str, Any] = field(default_factory=dict, compare=False)
    documents: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def target(self) -> str:
        """What rsync pushes to."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"rsync://{self.user}@{host}:{self.port}/{self.module}/"


@dataclass(frozen=True)
class Inventory:
    """The mirrors, and the call that they answer to."""

    mirrors: list[Mirror]
    call: dict[str, Any]
    opening: int
    """When publication opens; seconds since 1970, as all hours here."""
    closing: int
    drills: list[list[int]]

    def drill_on(self, now: float) -> bool:
        """Whether cuts of a drill are shown now."""
        return any(start <= now < end for start, end in self.drills)


def load(workspace: Workspace, limit: str | None, vault_file: Path | None, vault_password: str | None) -> Inventory:
    """Read the workspace's inventory.

    :param limit: names or patterns by commas; all diffusers if None.
    :raises PrepctlError: it can't be read, or lacks something; one line.
    """
    from ansible.errors import AnsibleError

    found = inventory.read(workspace, _values, limit=limit, vault_file=vault_file, vault_password=vault_password)
    call = inventory.the_call(workspace, found[0][1]["prep_call"])
    made = [_mirror(name, values, call["services"]) for name, values in found]
    try:
        hours = publication_epochs(call, found[0][1]["prep_drills"] or [])
    except AnsibleError as problem:
        raise PrepctlError(f"prep_drills: {problem}") from None
    return Inventory(made, call, hours["opening"], hours["closing"], hours["drills"])


def _values(templar: Any, variables: Mapping[str, Any], host: str) -> dict[str, Any]:
    return {name: _value(templar, variables, host, name) for name in VARIABLES}


def _value(templar: Any, variables: Any, host: str, name: str) -> Any:
    from ansible.errors import AnsibleError

    try:
        value = templar.template(variables[name]) if name in variables else VARIABLES[name]
    except AnsibleError:
        # Its words may quote what it stumbled over.
        raise PrepctlError(f"{host}: {name}: it can't be evaluated") from None
    if value is None and name in NEEDED:
        raise PrepctlError(f"{host}: {name}: expected a value, found none")
    return value


def _mirror(name: str, values: dict[str, Any], services: dict[str, int]) -> Mirror:
    try:
        port = int(values["rsync_daemon_port"])
    except (TypeError, ValueError):
        raise PrepctlError(f"{name}: rsync_daemon_port: expected a port, got {values['rsync_daemon_port']}") from None
    return Mirror(
        name=str(name),
        address=str(values["ansible_host"] or name),
        domain=str(values["prep_domain"] or values["ansible_host"] or name),
        user=str(values["prep_rsync_user"]),
        secret=str(values["prep_rsync_secret"]).strip(),
        port=port,
        module=str(values["rsync_daemon_module"]),
        https=services["https"],
        http=services["http"],
        **{name: _plain(values[f"prep_{name}"]) for name in ("outlet", "contacts", "documents")},
    )


def _plain(value: Any) -> dict[str, Any]:
    """Return it without Ansible's own kinds of text."""
    return dict(json.loads(json.dumps(value, default=str))) if isinstance(value, Mapping) else {}
