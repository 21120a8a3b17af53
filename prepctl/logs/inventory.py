"""The inventory: which logs were collected, with their digests, and the institute's signature over that.

``inventory.json`` is in canonical form (plugin_utils/canonical_json.py); ``inventory.json.sig`` is ECDSA over SHA-256
of its bytes, which anybody verifies without this program::

    openssl dgst -sha256 -verify keys/report.pub -signature inventory.json.sig inventory.json
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json, log_store
from ansible_collections.iepc.prep.plugins.plugin_utils.canonical_json import CanonicalError
from cryptography.hazmat.primitives.asymmetric import ec

from prepctl.errors import PrepctlError
from prepctl.logs.window import Window
from prepctl.report import files, keys

FILE, SIGNATURE = "inventory.json", "inventory.json.sig"
SCHEMA = 1
UNPROVEN = (
    "A valid signature proves that these are the files that the holder of this key collected.",
    "It does not prove that a server's logs were whole or true before: its administrator could have altered them.",
)


@dataclass
class Finding:
    """What a verification came to."""

    problems: list[str] = field(default_factory=list)
    files: int = 0
    bytes: int = 0

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self), schema=SCHEMA, valid=not self.problems, not_proven=list(UNPROVEN))


def write(
    directory: Path,
    call: dict[str, Any],
    window: Window,
    diffusers: list[dict[str, Any]],
    record: list[dict[str, Any]],
    key: ec.EllipticCurvePrivateKey,
) -> str:
    """Write and sign the inventory of a directory; returns its SHA-256.

    :param diffusers: by :func:`entry`.
    """
    document = {
        "schema": SCHEMA,
        "call": call["id"],
        "institute": call["institute"]["short"],
        "window": window.as_dict(),
        "written": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "key": keys.fingerprint(key.public_key()),
        "diffusers": diffusers,
        "watch": record,
    }
    data = canonical_json.dumps(document)
    before = directory / FILE
    # The signature comes first: cut off in between, the old inventory and it don't fit, which the next run puts right.
    files.replace(directory / SIGNATURE, keys.sign(key, data), 0o600)
    files.replace(before, data, 0o600)
    return str(canonical_json.digest(data))


def entry(directory: Path, name: str, said: dict[str, Any]) -> dict[str, Any]:
    """A diffuser's part of the inventory: what this or an earlier run said, and what lies in its directory."""
    state = log_store.read_state(directory / name)
    found = [{"path": f"{name}/{path}", **state[path]} for path in sorted(state)]
    return {"name": name, **said, "files": found}


def earlier(directory: Path) -> dict[str, dict[str, Any]]:
    """What the inventory of an earlier run says of each diffuser, beside its files; nothing without one."""
    try:
        document = canonical_json.loads((directory / FILE).read_bytes())
        return {
            one["name"]: {key: value for key, value in one.items() if key not in ("name", "files")}
            for one in document["diffusers"]
        }
    except (OSError, CanonicalError, KeyError, TypeError):
        return {}


def verify(directory: Path, key: ec.EllipticCurvePublicKey) -> Finding:
    """See that each file of a signed inventory is there as it was collected, and no other.

    :raises PrepctlError: there is no inventory.
    """
    finding = Finding()
    try:
        data = (directory / FILE).read_bytes()
        signature = (directory / SIGNATURE).read_bytes()
    except OSError as problem:
        raise PrepctlError(f"{problem.filename}: expected a signed inventory of logs: {problem.strerror}") from None
    if not keys.is_signed(key, data, signature):
        finding.problems.append(f"{FILE}: the signature is not valid for this key: nothing that it says is proven")
        return finding
    try:
        document = canonical_json.loads(data)
        listed = [*document["watch"], *(one for diffuser in document["diffusers"] for one in diffuser["files"])]
        expected = {str(one["path"]): (int(one["stored_size"]), str(one["stored_sha256"])) for one in listed}
    except (CanonicalError, KeyError, TypeError, ValueError) as problem:
        finding.problems.append(f"{FILE}: no inventory of a known schema: {problem}")
        return finding
    for path, digest in sorted(expected.items()):
        file = directory / path
        if file.is_symlink() or not file.is_file():
            finding.problems.append(f"{path}: missing")
        elif log_store.digest_of(file) != digest:
            finding.problems.append(f"{path}: altered")
        finding.files += 1
        finding.bytes += digest[0]
    for file in log_store.stored_files(directory):
        name = str(file.relative_to(directory))
        if name not in expected and name not in (FILE, SIGNATURE):
            finding.problems.append(f"{log_store.plain(name)}: added, it is not in the inventory")
    return finding
