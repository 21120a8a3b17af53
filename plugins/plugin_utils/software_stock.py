# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What one look at a server's software said, for the tasks of the run that would ask again.

A playbook of many roles looks once (module component_versions with ``packages``) and registers it as
``prep_software``. Who installs something says so, and from then on each role asks the server by itself.
"""

from __future__ import annotations

from typing import Any

REGISTERED = "prep_software"
OUTDATED = "prep_software_outdated"


def stock(task_vars: dict[str, Any]) -> dict[str, Any]:
    """``{"versions": {name: version}, "packages": [name]}`` as it still is; empty if unknown or no longer so."""
    seen = task_vars.get(REGISTERED)
    if not isinstance(seen, dict) or not seen.get("taken"):
        return {}
    return {} if task_vars.get("ansible_facts", {}).get(OUTDATED) == seen["taken"] else seen


def outdated(task_vars: dict[str, Any]) -> dict[str, Any]:
    """The facts that say that the stock is no longer what is installed; none if there is no stock."""
    seen = task_vars.get(REGISTERED)
    return {OUTDATED: seen["taken"]} if isinstance(seen, dict) and seen.get("taken") else {}
