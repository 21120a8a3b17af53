"""The institute's signing keys, in ``keys/`` of the workspace.

``NAME.key`` is private (PKCS #8, with a passphrase or without), ``NAME.pub`` goes to the mirrors; a name is that of
manifest.key_name, which the key of reports beside them (``report.key``) has not: who signs reports signs no cuts. While
a key is being replaced there are two: every cut is signed by both, so a mirror takes it whichever it knows.
"""

# Ansible and its collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ansible_collections.iepc.prep.plugins.module_utils.cuts import manifest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from prepctl.errors import PrepctlError

# One in use and one to come; a third would only be forgotten.
MOST = 2
NAMES = "[0-9a-f]" * 16


@dataclass(frozen=True)
class Key:
    """A key pair on disk."""

    name: str
    private: Path

    @property
    def public(self) -> Path:
        return self.private.with_suffix(".pub")

    @property
    def created(self) -> datetime:
        return datetime.fromtimestamp(self.private.stat().st_mtime, timezone.utc)

    @property
    def protected(self) -> bool:
        """Whether it has a passphrase."""
        return b"ENCRYPTED" in self.private.read_bytes().split(b"\n", 1)[0]


class KeyRing:
    """The keys of a workspace."""

    def __init__(self, workspace: Path) -> None:
        self.directory = workspace / "keys"

    def all(self) -> list[Key]:
        """All keys, the oldest first."""
        found = [Key(path.stem, path) for path in self.directory.glob(f"{NAMES}.key")]
        return sorted(found, key=lambda key: (key.created, key.name))

    def create(self, passphrase: bytes | None) -> Key:
        """Make a key pair.

        :raises PrepctlError: there are as many as there may be.
        """
        have = self.all()
        if len(have) >= MOST:
            raise PrepctlError(f"{self.directory}: there are {MOST} keys already; retire {have[0].name} first")
        pair = ec.generate_private_key(ec.SECP256R1())
        public = pair.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        private = pair.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        self.directory.mkdir(mode=0o700, exist_ok=True)
        name = manifest.key_name(public.decode("ascii"))
        key = Key(name, self.directory / f"{name}.key")
        handle = os.open(key.private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(private)
        key.public.write_bytes(public)
        return key

    def retire(self, name: str) -> Key:
        """Remove a key, unless it is the only one.

        :raises PrepctlError: there is no such key, or no other.
        """
        have = self.all()
        key = next((one for one in have if one.name == name), None)
        if key is None:
            names = ", ".join(one.name for one in have) or "none"
            raise PrepctlError(f"{name}: expected a key of {self.directory} ({names}), found none of that name")
        if len(have) == 1:
            raise PrepctlError(f"{name}: it is the only key; make the next one first (prepctl keys rotate)")
        key.public.unlink(missing_ok=True)
        key.private.unlink()
        return key

    def sign(self, data: bytes, passphrase: Callable[[], bytes | None]) -> bytes:
        """Return the signatures' file of some bytes, by every key.

        :param passphrase: asked once, if a key needs one.
        :raises PrepctlError: there is no key, or one can't be opened.
        """
        have = self.all()
        if not have:
            raise PrepctlError(f"{self.directory}: expected a signing key, found none; prepctl keys create makes one")
        given = passphrase() if any(key.protected for key in have) else None
        signatures = {}
        for key in have:
            try:
                opened = serialization.load_pem_private_key(key.private.read_bytes(), given if key.protected else None)
            except (ValueError, TypeError) as problem:
                raise PrepctlError(f"{key.private}: the key can't be opened: {problem}") from None
            if not isinstance(opened, ec.EllipticCurvePrivateKey):
                raise PrepctlError(f"{key.private}: expected a key of ECDSA P-256")
            signatures[key.name] = opened.sign(data, ec.ECDSA(hashes.SHA256()))
        return bytes(manifest.build_signatures(signatures))
