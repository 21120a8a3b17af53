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
RESTORES_LIMIT = 5


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
    notice = os.path.join(root, "suspension")
    value["suspended"] = None
    if look.stat(os.path.join(notice, "notice.html")):
        told = os.path.join(notice, "suspension.json")
        value["suspended"] = parse_json(look.read_if_there(told), told) or {}
    status = os.path.join(root, "state", "status.json")
    value["state"] = parse_json(look.read_if_there(status), status)
    return value


def parse_restores(text, path):
    """The last restores, oldest first, from a file with a JSON object a line. Raises SourceError."""
    lines = [line for line in (text or "").splitlines() if line.strip()]
    return [parse_json(line, path) for line in lines[-RESTORES_LIMIT:]]


def collect_safety_net(look, options):
    """safety_net: what the net did last, null before the first, and when the server restored itself."""
    directory = options["safety_net_dir"]
    last, restores = os.path.join(directory, "last.json"), os.path.join(directory, "restores.jsonl")
    return {
        "last": parse_json(look.read_if_there(last), last),
        "restores": parse_restores(look.read_if_there(restores), restores),
    }
