"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.iepc.prep.plugins.plugin_utils.whole_file import write_whole


def replace(path: Path, data: bytes, mode: int = 0o640) -> None:
    """Write a file that a reader never sees half of; for its owner and group unless *mode* says otherwise."""
    write_whole(path, data, mode)
