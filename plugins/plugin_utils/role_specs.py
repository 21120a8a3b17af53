# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Options of the collection's roles, from their argument_specs."""

from __future__ import annotations

from typing import Any

import yaml
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import COLLECTION, LOADER


def role_options() -> dict[str, dict[str, Any]]:
    """``{option: spec}`` of every entry point of every role."""
    options: dict[str, dict[str, Any]] = {}
    for path in sorted((COLLECTION / "roles").glob("*/meta/argument_specs.yml")):
        specs = (yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER) or {}).get("argument_specs") or {}
        for entry_point in specs.values():
            options.update(entry_point.get("options") or {})
    return options
