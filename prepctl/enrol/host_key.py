"""A server's SSH host keys: fetched, shown as fingerprints, and kept only once somebody vouches for them.

What the network says of a key proves nothing, so a fingerprint is compared with what the outlet's technician reads
on the server's own console (``ssh-keygen -lf``), over the telephone or in a signed form.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import socket
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.language import say

KNOWN_HOSTS = "known_hosts"
KINDS = "ed25519,rsa,ecdsa"
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?\Z")
TIMEOUT_S = 10
# How many servers are asked at once.
PARALLEL = 16


@dataclass(frozen=True)
class HostKey:
    """A public key as known_hosts has it."""

    kind: str
    blob: str

    @property
    def fingerprint(self) -> str:
        """``SHA256:...``, as OpenSSH prints it."""
        digest = hashlib.sha256(base64.b64decode(self.blob)).digest()
        return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")


def place(address: str, port: int) -> str:
    """A server's name in known_hosts."""
    return address if port == 22 else f"[{address}]:{port}"


def read_fingerprint(text: str) -> str:
    """A fingerprint as somebody wrote it down.

    :raises ValueError: it is none.
    """
    bare = text.strip().rstrip("=")
    bare = bare if bare.upper().startswith("SHA256:") else "SHA256:" + bare
    bare = "SHA256:" + bare[7:]
    if not FINGERPRINT.match(bare):
        raise ValueError("SHA256: and 43 letters, digits, + or /, as ssh-keygen -lf prints them")
    return bare


def fetch(address: str, port: int, timeout_s: float = TIMEOUT_S) -> list[HostKey]:
    """The keys that a server offers.

    :raises PrepctlError: it can't be reached, or offers none.
    """
    where = place(address, port)
    try:
        # Says why in words; ssh-keyscan would only print nothing.
        socket.create_connection((address, port), timeout=timeout_s).close()
    except OSError as problem:
        reason = problem.strerror or str(problem) or type(problem).__name__
        raise PrepctlError(
            say("{where}: no SSH host key could be fetched: {reason}; is the server up, and does it let this "
                "machine in? (--offline leaves the key for `prepctl trust` later)", where=where, reason=reason),
            ExitCode.UNREACHABLE,
        ) from None  # fmt: skip
    try:
        scanned = subprocess.run(
            ["ssh-keyscan", "-T", str(int(timeout_s)), "-p", str(port), "-t", KINDS, address],
            capture_output=True, text=True, check=False, timeout=timeout_s * 6, errors="replace",
        )  # fmt: skip
    except FileNotFoundError:
        raise PrepctlError(say("ssh-keyscan is not installed; on Debian: apt-get install openssh-client")) from None
    except subprocess.TimeoutExpired:
        raise _offers_none(where) from None
    keys = parse(scanned.stdout)
    if not keys:
        raise _offers_none(where)
    return keys


def _offers_none(where: str) -> PrepctlError:
    return PrepctlError(
        say("{where}: it answers, but offers no SSH host key; is that port sshd's?", where=where), ExitCode.UNREACHABLE
    )


def parse(text: str) -> list[HostKey]:
    """The keys in ssh-keyscan's output or a known_hosts file; lines that are none are left out."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 3 or words[0].startswith(("#", "@")):
            continue
        try:
            base64.b64decode(words[2], validate=True)
        except (binascii.Error, ValueError):
            continue
        found.append(HostKey(words[1], words[2]))
    order = {"ssh-ed25519": 0, "ssh-rsa": 1}
    return sorted(dict.fromkeys(found), key=lambda key: order.get(key.kind, 2))


def fetch_all(places: Sequence[tuple[str, int]], timeout_s: float = TIMEOUT_S) -> list[list[HostKey] | PrepctlError]:
    """The keys of many servers at once, in their order; an error stands in the place of its server."""

    def one(place_: tuple[str, int]) -> list[HostKey] | PrepctlError:
        try:
            return fetch(*place_, timeout_s)
        except PrepctlError as problem:
            return problem

    with ThreadPoolExecutor(max_workers=max(1, min(PARALLEL, len(places)))) as pool:
        return list(pool.map(one, places))


def vouched(where: str, offered: Iterable[HostKey], fingerprints: Iterable[str]) -> list[HostKey]:
    """Those of the offered keys that somebody vouches for.

    :raises PrepctlError: none of them is.
    """
    wanted, keys = list(fingerprints), list(offered)
    found = [key for key in keys if key.fingerprint in wanted]
    if not found:
        told = ", ".join(f"{key.fingerprint} ({key.kind})" for key in keys)
        raise PrepctlError(
            say("{where}: expected the host key {wanted}, the server offers {told}: not added. Is it another server, "
                "or somebody in between? Ask the outlet for `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`",
                where=where, wanted=", ".join(wanted), told=told)
        )  # fmt: skip
    return found


class KnownHosts:
    """The workspace's known_hosts, as text that is added to."""

    def __init__(self, workspace: Path) -> None:
        self.path = workspace / KNOWN_HOSTS
        try:
            self._lines = self.path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        except FileNotFoundError:
            self._lines = []
        except OSError as problem:
            raise PrepctlError(
                say("{path}: cannot be read: {reason}", path=self.path, reason=problem.strerror)
            ) from None

    def of(self, address: str, port: int) -> list[HostKey]:
        """The keys known of a server."""
        return parse("\n".join(line for line in self._lines if self._is_of(line, place(address, port))))

    def put(self, address: str, port: int, keys: Iterable[HostKey]) -> None:
        """Know these keys of a server, and no others."""
        where = place(address, port)
        self._lines = [line for line in self._lines if not self._is_of(line, where)]
        self._lines += [f"{where} {key.kind} {key.blob}" for key in keys]

    @staticmethod
    def _is_of(line: str, where: str) -> bool:
        return line.split(" ", 1)[0].split(",") == [where]

    def content(self) -> bytes:
        """The file."""
        return "".join(line + "\n" for line in self._lines).encode("utf-8", errors="surrogateescape")
