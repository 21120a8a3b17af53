"""Addresses under other names: the same one for the same address, which only who has the key can find again.

Cutting addresses short would make many readers one, and counts wrong; a keyed digest (HMAC-SHA-256) does not. The
key stays in the workspace: without it the names say nothing, and with it an authority's question can be answered.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import ipaddress
import os
import re
import secrets
from pathlib import Path

from prepctl.errors import PrepctlError

# Not *.key: that is what keys/ holds the keys of cuts under.
FILE = "keys/memoria.secret"
BYTES = 32
_ADDRESSES = re.compile(
    r"(?<![0-9A-Za-z.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![0-9A-Za-z:])"
)


def key_of(workspace: Path) -> bytes:
    """The workspace's key; made when it is first wanted.

    :raises PrepctlError: what is there is no key, or others may read it.
    """
    path = workspace / FILE
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as problem:
        raise PrepctlError(f"{path}: expected a place for the key of pseudonyms: {problem.strerror}") from None
    else:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(BYTES) + "\n")
    try:
        text, mode = path.read_text(encoding="ascii").strip(), path.stat().st_mode & 0o077
        key = bytes.fromhex(text)
    except (OSError, ValueError) as problem:
        raise PrepctlError(f"{path}: expected {BYTES} bytes in hexadecimal: {problem}") from None
    if len(key) != BYTES:
        raise PrepctlError(f"{path}: expected {BYTES} bytes in hexadecimal, got {len(key)}")
    if mode:
        raise PrepctlError(
            f"{path}: expected a file that its owner alone reads (chmod 600), got mode {mode:03o} for others"
        )
    return key


class Pseudonyms:
    """Names for addresses."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, address: str) -> str:
        """An address's name: the same for however it is written."""
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(address).compressed
        return (
            "dir-"
            + hmac.new(self._key, b"address\0" + address.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]
        )

    def text(self, text: str) -> str:
        """A text with each address in it by its name."""
        return _ADDRESSES.sub(lambda found: self.of(found[0]) if _is_address(found[0]) else found[0], text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
