# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a run has all of its tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def by_tags(task_vars: Mapping[str, Any]) -> bool:
    """Whether tags were named (``--tags``, ``--skip-tags``), so that the run has only some of its tasks."""
    return list(task_vars.get("ansible_run_tags") or ["all"]) != ["all"] or bool(task_vars.get("ansible_skip_tags"))
