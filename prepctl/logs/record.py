"""What the control node itself knows of the window: incidents of watch and of suspensions, cuts, and how they arrived.

Written beside the diffusers' logs, in ``watch/``, as JSON lines, compressed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prepctl.incidents import Incidents
from prepctl.intrusions import Intrusions
from prepctl.logs.window import Window
from prepctl.publish.store import Store
from prepctl.report import files

DIRECTORY = "watch"


def export(publication: Path, window: Window, directory: Path) -> list[dict[str, Any]]:
    """Write what is of the window; returns an entry of the inventory for each file.

    :param publication: ``publication/`` of the workspace; nothing is written where there is none.
    """
    if not (publication / "publication.sqlite3").is_file():
        return []
    found = Incidents(publication).all(since=window.since)
    incidents = sorted((one for one in found if one.opened <= window.until), key=lambda one: (one.opened, one.id))
    store = Store(publication)
    deliveries = [one for one in store.deliveries(window.since) if one["started"] <= window.until]
    cuts = [one for one in store.cuts(window.since) if one["published"] <= window.until]
    intrusions = [one for one in Intrusions(publication).since(window.since) if one.minute <= window.until]
    target = directory / DIRECTORY
    target.mkdir(mode=0o700, exist_ok=True)
    return [
        _write(target, "incidents", (one.as_dict() for one in incidents)),
        _write(target, "cuts", cuts),
        _write(target, "deliveries", deliveries),
        _write(target, "intrusions", (one.as_dict() for one in reversed(intrusions))),
    ]


def _write(directory: Path, kind: str, records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    lines = [json.dumps(one, ensure_ascii=False, sort_keys=True) for one in records]
    content = "".join(line + "\n" for line in lines).encode("utf-8")
    packed = gzip.compress(content, 6, mtime=0)
    path = directory / f"{kind}.jsonl.gz"
    if not path.is_file() or path.read_bytes() != packed:
        files.replace(path, packed, 0o600)
    return {
        "path": f"{DIRECTORY}/{path.name}", "kind": kind, "records": len(lines), "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(), "stored_size": len(packed),
        "stored_sha256": hashlib.sha256(packed).hexdigest(),
    }  # fmt: skip
