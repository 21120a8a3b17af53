"""One look at one mirror: which cut it shows, how old that is, and whether it is what was signed.

All files of a cut are compared over a cycle, a few with each look. What differs is looked at once more before
it counts: between two requests the mirror may have switched to the next cut.
"""

# Ansible and its collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import hashlib
import json
import math
import time
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.iepc.prep.plugins.module_utils.cuts import manifest
from cryptography import x509

from prepctl.publish.mirrors import Mirror
from prepctl.publish.reader import OK, SUSPENDED, Reader, Unseen
from prepctl.publish.store import Store

PAGE_BYTES = 16 * 1024 * 1024
CERTIFICATE_DAYS = 3

DOWN, STALE, ALTERED, FOREIGN = "down", "stale", "altered", "foreign"
CLOCK, CERTIFICATE, NOTICE = "clock", "certificate", "notice"


@dataclass(frozen=True)
class Finding:
    """A deviation, with what was seen; ``detail`` is for people, in Spanish."""

    kind: str
    detail: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass
class Look:
    """What one look saw."""

    mirror: str
    at: float
    reached: bool = False
    cut: dict[str, Any] | None = None
    suspended: dict[str, Any] | None = None
    page_status: int = 0
    seconds: float = 0.0
    compared: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def age_s(self) -> float | None:
        """How old the cut is by its own clock."""
        return None if self.cut is None else self.at - float(self.cut["epoch"])


@dataclass(frozen=True)
class Expected:
    """What a mirror has to show: the cut published last, and how long it may take."""

    cut: dict[str, Any] | None
    limit_s: float


class Eye:
    """Looks at one mirror again and again.

    :param every_s: how far apart the looks are.
    :param cycle_s: in which time every file of a cut has to be compared.
    """

    def __init__(self, mirror: Mirror, store: Store, every_s: float, cycle_s: float) -> None:
        self.mirror = mirror
        self._store, self._share = store, min(1.0, every_s / cycle_s)
        self._reader = Reader(mirror)
        self._cursor = 0
        self._verified: tuple[str, dict[str, Any]] = ("", {})
        """The cut whose manifest was compared, and its files."""

    def look(self, expected: Expected, now: float | None = None) -> Look:
        """Look once."""
        look = Look(self.mirror.name, time.time() if now is None else now)
        started = time.monotonic()
        try:
            status = self._reader.status()
            look.seconds = round(time.monotonic() - started, 3)
            look.reached = True
            look.cut, look.suspended = status.get("cut"), status.get("suspended")
            look.page_status, page = self._reader.answer("/", PAGE_BYTES)
            self._certificate(look)
            if look.suspended is not None or look.page_status != OK:
                self._notice(look)
            elif look.cut is not None:
                self._content(look, page)
            self._freshness(look, expected)
        except Unseen as problem:
            look.findings.append(Finding(DOWN, f"no responde: {problem}"))
        return look

    def close(self) -> None:
        """Hang up."""
        self._reader.close()

    def _notice(self, look: Look) -> None:
        if look.suspended is None or look.page_status != SUSPENDED:
            said = "dice estar suspendido" if look.suspended is not None else "no está suspendido"
            detail = f"{said}, y su página responde {look.page_status}"
            look.findings.append(Finding(NOTICE, detail, {"status": look.page_status}))

    def _freshness(self, look: Look, expected: Expected) -> None:
        wanted = expected.cut
        if wanted is None or (look.cut or {}).get("id") == wanted["id"]:
            return
        late = look.at - float(wanted["published"])
        if late > expected.limit_s:
            shown = (look.cut or {}).get("id") or "ningún corte"
            detail = f"muestra {shown}; {wanted['id']} se publicó hace {late:.0f} s"
            look.findings.append(
                Finding(STALE, detail, {"shown": shown, "published": wanted["id"], "late_s": int(late)})
            )

    def _content(self, look: Look, page: bytes) -> None:
        assert look.cut is not None
        name = str(look.cut.get("id"))
        known = self._store.cut(name)
        if known is None:
            look.findings.append(Finding(FOREIGN, f"muestra {name}, que no se publicó desde aquí", {"cut": name}))
            return
        if not self._signed(name, known, look):
            return
        files = self._verified[1]
        if hashlib.sha256(page).hexdigest() != files.get("index.html", ("",))[0]:
            self._differs(look, name, "index.html", hashlib.sha256(page).hexdigest())
        elif known["clock"][11:16].encode() not in page:
            look.findings.append(Finding(CLOCK, f"la página no dice {known['clock'][11:16]}", {"cut": name}))
        for path in self._next(sorted(set(files) - {"index.html"})):
            try:
                digest = self._reader.sha256(path, files[path][1])
            except Unseen as problem:
                digest = str(problem)
            look.compared += 1
            if digest != files[path][0]:
                self._differs(look, name, path, digest)

    def _signed(self, name: str, known: dict[str, Any], look: Look) -> bool:
        """Whether the manifest that readers get is the signed one; once a cut."""
        if self._verified[0] == name:
            return True
        data = self._reader.get("/" + manifest.MANIFEST, manifest.MANIFEST_BYTES)
        digest = hashlib.sha256(data).hexdigest()
        if digest != known["manifest_sha256"]:
            self._differs(look, name, manifest.MANIFEST, digest)
            return False
        self._verified = (name, json.loads(data)["files"])
        return True

    def _next(self, paths: list[str]) -> list[str]:
        count = min(len(paths), math.ceil(len(paths) * self._share))
        chosen = [paths[(self._cursor + number) % len(paths)] for number in range(count)]
        self._cursor = (self._cursor + count) % max(1, len(paths))
        return chosen

    def _differs(self, look: Look, name: str, path: str, digest: str) -> None:
        """Note a difference, unless it is that the mirror went on to another cut meanwhile."""
        if (self._reader.status().get("cut") or {}).get("id") != name:
            return
        if path in self._verified[1]:
            wanted, size, _mtime = self._verified[1][path]
            try:
                digest = self._reader.sha256(path, size)
            except Unseen as problem:
                digest = str(problem)
            if digest == wanted:
                return
        evidence = {"cut": name, "path": path, "seen": digest}
        look.findings.append(Finding(ALTERED, f"{path} de {name} no es lo que se firmó", evidence))

    def _certificate(self, look: Look) -> None:
        data = self._reader.certificate()
        if data is None:
            return
        ends = x509.load_der_x509_certificate(data).not_valid_after_utc
        left = ends.timestamp() - look.at
        if left < CERTIFICATE_DAYS * 86400:
            detail = f"el certificado vence el {ends:%Y-%m-%dT%H:%M:%SZ}"
            look.findings.append(Finding(CERTIFICATE, detail, {"not_after": ends.isoformat()}))
