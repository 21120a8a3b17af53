# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What this server shows now, and how the last change to it ended."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import json
import os

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import MissingFile, SourceError

INDEX_LIMIT = 8 * 1024 * 1024


def parse_json(text, path):
    """A JSON object; None for no text. Raises SourceError."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise SourceError("%s: no JSON: %s" % (path, error))
    if not isinstance(value, dict):
        raise SourceError("%s: no JSON object" % path)
    return value


def collect(look, options):
    """publication: all null before the first content."""
    root = options["content_root"]
    current = os.path.join(root, "current")
    look.source(current)
    target = look.readlink(current)
    value = {"current": current if target or look.stat(current) else None, "target": target,
             "index_sha256": None, "state": None}
    try:
        value["index_sha256"] = hashlib.sha256(
            look.read_bytes(os.path.join(current, "index.html"), INDEX_LIMIT)
        ).hexdigest()
    except MissingFile:
        pass
    status = os.path.join(root, "state", "status.json")
    value["state"] = parse_json(look.read_if_there(status), status)
    return value


def collect_safety_net(look, options):
    """safety_net: what the last armed restore wrote about itself, null before the first."""
    path = options["safety_net_state"]
    return {"last": parse_json(look.read_if_there(path), path)}
