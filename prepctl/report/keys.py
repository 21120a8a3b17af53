"""The institute's key for reports: ECDSA on P-256, in files that any OpenSSL reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from prepctl.errors import PrepctlError


def make(private: Path, public: Path, passphrase: bytes | None) -> str:
    """Make a key pair in two new files; returns the key's fingerprint.

    :raises PrepctlError: one of the files is there: a key is never overwritten.
    """
    for path in (private, public):
        if path.exists():
            raise PrepctlError(f"{path}: there is a key already; reports signed with it need it, so it stays")
    key = ec.generate_private_key(ec.SECP256R1())
    encryption: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    private.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    public.parent.mkdir(parents=True, exist_ok=True)
    _new(private, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption), 0o600)
    _new(public, _pem(key.public_key()), 0o644)
    # A workspace may be a repository; the key is none of its files.
    ignored = private.parent / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*.key\n", encoding="utf-8")
    return fingerprint(key.public_key())


def _new(path: Path, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)


def load_private(path: Path, ask: Callable[[], str]) -> ec.EllipticCurvePrivateKey:
    """The private key.

    :param ask: called for the passphrase if the file wants one.
    """
    data = _read(path, "a private key; prepctl report key makes one")
    if path.stat().st_mode & 0o077:
        raise PrepctlError(f"{path}: expected a key that its owner alone can read (mode 0600)")
    try:
        try:
            key = serialization.load_pem_private_key(data, None)
        except TypeError:
            key = serialization.load_pem_private_key(data, ask().encode("utf-8"))
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise PrepctlError(f"{path}: wrong passphrase, or no private key") from problem
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise PrepctlError(f"{path}: expected an ECDSA key on P-256, got another kind")
    return key


def load_public(path: Path) -> ec.EllipticCurvePublicKey:
    """The public key."""
    data = _read(path, "the institute's public key; --key names it")
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise PrepctlError(f"{path}: expected a public key as PEM, got something else") from problem
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise PrepctlError(f"{path}: expected an ECDSA key on P-256, got another kind")
    return key


def _read(path: Path, expected: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise PrepctlError(f"{path}: expected {expected}: {problem.strerror}") from problem


def _pem(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of the public key (DER), in hexadecimal."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex()


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """An ECDSA signature over SHA-256, as ``openssl dgst -sha256 -verify`` takes it."""
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def is_signed(key: ec.EllipticCurvePublicKey, data: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
