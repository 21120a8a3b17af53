# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The logs of one diffuser on the control node: what is there, what is missing, and how a file gets whole.

::

    NAME/KIND/FILE.gz      a log, whole, by the SHA-256 that the server said before it was read
    NAME/KIND/.FILE.*.part what has come of one so far; the next run goes on behind it
    NAME/.state.json       what is whole, with its digests

A log is told by its content, not by its name: what was `prep_access.log` yesterday and is `prep_access.log-20220606.gz`
today is the same log, longer, and takes the place of the one that was taken, so no line is there twice.

What the server says is judged before it is believed: no name leads out of its kind's directory, no size fills the
disk, and what is kept for people has nothing that a terminal would obey.
"""

from __future__ import annotations

import base64
import bz2
import contextlib
import fcntl
import gzip
import hashlib
import json
import lzma
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from ansible_collections.iepc.prep.plugins.module_utils import log_files
from ansible_collections.iepc.prep.plugins.module_utils.log_reader import Digest

STATE = ".state.json"
PART = ".part"
LOCK = ".lock" + PART
BLOCK = 1 << 20
# How much of a log is asked for at a time: as written, and of a compressed file.
CHUNK, PACKED_CHUNK = 16 << 20, 8 << 20
# Beside what is fetched, this much of the disk stays free.
KEEP_FREE = 256 << 20
MOST_FILES = 10000
MOST_LEFT_OUT = 200
LARGEST = 2**53 - 1
_SHA = re.compile(r"^[0-9a-f]{64}\Z")
_JOURNAL = re.compile(r"^journal-[a-z][a-z0-9-]{0,60}\.jsonl\Z")
_PATH = re.compile(rf"^(?:{'|'.join(log_files.KINDS)})/[A-Za-z0-9][A-Za-z0-9@._-]*\Z")
_OFFSET = re.compile(r"^[+-]\d{4}\Z")
_OPENERS: dict[str, Callable[..., IO[bytes]]] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}  # type: ignore[dict-item]


class Refused(ValueError):
    """What the server says can't be; nothing of it is used."""


class LeftOut(Exception):
    """One log that is not taken, and why."""


class Changed(Exception):
    """A log is another by now than the one that was listed; listing anew helps."""


def plain(text: Any, width: int = 200) -> str:
    """A text of a server as a line that no terminal and no page obeys."""
    line = "".join(one if one.isprintable() else "?" for one in " ".join(str(text).split()))
    return line if len(line) <= width else line[: width - 3] + "..."


def checked(listing: dict[str, Any]) -> dict[str, Any]:
    """A listing as the module `log_listing` writes it, and nothing else.

    :raises Refused: it says what can't be.
    """
    files = [_file(one) for one in _list(listing, "files")]
    journals = [_journal(one) for one in _list(listing, "journals")]
    left_out = [
        {"source": plain(_dict(one).get("source")), "why": plain(_dict(one).get("why"))}
        for one in _list(listing, "left_out")[:MOST_LEFT_OUT]
    ]
    zone = _dict(listing.get("zone"))
    for end in ("since", "until"):
        if not _OFFSET.match(str(zone.get(end))):
            raise Refused(f"zone.{end}: expected an offset from UTC, got {plain(zone.get(end), 40)}")
    return {
        "files": files, "journals": journals, "left_out": left_out, "clock": _number(listing, "clock"),
        "zone": {end: str(zone[end]) for end in ("since", "until")},
    }  # fmt: skip


def _dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f"expected a mapping, got {type(value).__name__}")
    return value


def _list(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    if not isinstance(found, list) or len(found) > MOST_FILES:
        raise Refused(f"{name}: expected a list of at most {MOST_FILES} entries, got {type(found).__name__}")
    return found


def _number(value: dict[str, Any], name: str, least: int = 0) -> int:
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= LARGEST:
        raise Refused(f"{name}: expected a number from {least} on, got {plain(found, 40)}")
    return found


def _digest(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not _SHA.match(found):
        raise Refused(f"{name}: expected a SHA-256, got {plain(found, 80)}")
    return found


def _common(value: Any) -> dict[str, Any]:
    one = _dict(value)
    if one.get("kind") not in log_files.KINDS:
        raise Refused(f"kind: expected one of {', '.join(log_files.KINDS)}, got {plain(one.get('kind'), 40)}")
    times = {name: None if one.get(name) is None else _number(one, name, -LARGEST) for name in ("first", "last")}
    return {
        "kind": one["kind"], "source": str(one.get("source")), "size": _number(one, "size", 1),
        "sha256": _digest(one, "sha256"), **times,
    }  # fmt: skip


def _file(value: Any) -> dict[str, Any]:
    found, name = _common(value), value.get("name")
    if not isinstance(name, str) or not log_files.NAME.match(name):
        raise Refused(f"name: expected that of a log, got {plain(name, 80)}")
    source = found["source"]
    if not source.startswith("/") or os.path.basename(source) != name or plain(source, 5000) != source:
        raise Refused(f"source: expected the path of {name}, got {plain(source, 80)}")
    packed = log_files.plain_name(name)[1] or ""
    if value.get("packed") != packed:
        raise Refused(f"packed: expected {packed or 'nothing'} for {name}, got {plain(value.get('packed'), 40)}")
    prefixes = {str(size): _digest(_dict(value.get("prefixes")), size) for size in _dict(value.get("prefixes"))}
    return {
        **found, "name": name, "packed": packed, "disk_size": _number(value, "disk_size", 1),
        "disk_sha256": _digest(value, "disk_sha256"), "modified": _number(value, "modified", -LARGEST),
        "prefixes": prefixes,
    }  # fmt: skip


def _journal(value: Any) -> dict[str, Any]:
    found, name = _common(value), value.get("name")
    if not isinstance(name, str) or not _JOURNAL.match(name):
        raise Refused(f"name: expected that of a part of the journal, got {plain(name, 80)}")
    found["source"] = plain(found["source"])
    return {**found, "name": name, "content": value.get("content")}


class Store:
    """The logs of one diffuser.

    :param directory: its own; made if it is not there.
    :param max_file: the most bytes of one log, as it was written.
    :param max_server: the most bytes of all of them.
    """

    def __init__(self, directory: Path, max_file: int, max_server: int) -> None:
        self.directory = directory
        self.max_file, self.max_server = max_file, max_server
        self.entries: dict[str, dict[str, Any]] = {}
        self.notes: list[str] = []
        self.fetched_files = self.fetched_bytes = 0
        self._parts: dict[Path, tuple[int, str]] = {}
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A run that was killed may have left a process that is still at it; its end is waited for.
        self._lock = open(directory / LOCK, "wb")  # noqa: SIM115 (held as long as this is)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._load()

    def _load(self) -> None:
        """Take up what an earlier run left, as far as its digests say that it is whole."""
        for path, entry in read_state(self.directory).items():
            try:
                right = digest_of(self.directory / path) == (entry["stored_size"], entry["stored_sha256"])
            except OSError:
                right = False
            if right:
                self.entries[path] = entry
            else:
                self.notes.append(f"{path}: it was altered or removed here, and is fetched again")
        for part in sorted(self.directory.glob(f"*/.*{PART}")):
            self._parts[part] = digest_of(part)

    def known_sizes(self) -> dict[str, list[int]]:
        """By kind, the sizes of what is here of logs, whole or not."""
        found: dict[str, set[int]] = {}
        for entry in self.entries.values():
            found.setdefault(entry["kind"], set()).add(entry["size"])
        for part, (size, _digest) in self._parts.items():
            found.setdefault(part.parent.name, set()).add(size)
        return {kind: sorted(sizes) for kind, sizes in found.items()}

    def known_journals(self) -> dict[str, str]:
        """By name, the digests of the parts of the journal that are here."""
        return {entry["name"]: entry["sha256"] for entry in self.entries.values() if not entry["modified"]}

    def missing(self, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of a listing that are not here yet; the small ones first, so that much is safe soon."""
        have = {(entry["kind"], entry["size"], entry["sha256"]) for entry in self.entries.values()}
        wanted = {(one["kind"], one["size"], one["sha256"]): one for one in files}
        return sorted((one for key, one in wanted.items() if key not in have), key=lambda one: one["size"])

    def fetch(self, one: dict[str, Any], read: Callable[[str, int, int, bool], bytes]) -> None:
        """Have a log of a listing here, whole.

        :param read: called with a path, an offset, a number of bytes and whether they pack well; returns the bytes.
        :raises LeftOut: it is not taken.
        :raises Changed: what came is not what was listed.
        """
        self._refuse(one)
        part, base = self._begin(one)
        size, digest = (one["disk_size"], one["disk_sha256"]) if one["packed"] else (one["size"], one["sha256"])
        sha = hashlib.sha256()
        with open(part, "r+b") as stream:
            for data in iter(lambda: stream.read(BLOCK), b""):
                sha.update(data)
            have = stream.tell()
            while have < size:
                asked = min(PACKED_CHUNK if one["packed"] else CHUNK, size - have)
                data = read(one["source"], have, asked, not one["packed"])
                if not data or len(data) > asked:
                    break
                stream.write(data)
                stream.flush()
                sha.update(data)
                have += len(data)
                self.fetched_bytes += len(data)
        if have != size or sha.hexdigest() != digest:
            part.unlink()
            self._parts.pop(part, None)
            raise Changed(f"{one['source']}: it changed while it was read")
        self.fetched_files += 1
        self._finish(one, part, base)

    def _refuse(self, one: dict[str, Any]) -> None:
        whole = max(one["size"], one["disk_size"])
        if whole > self.max_file:
            raise LeftOut(f"it has {whole} bytes, more than the {self.max_file} allowed")
        there = sum(entry["size"] for entry in self.entries.values() if not self._begins(one, entry))
        if there + whole > self.max_server:
            raise LeftOut(f"with it the server has more than the {self.max_server} bytes allowed")
        free = shutil.disk_usage(self.directory).free
        # As it comes, and compressed beside that.
        if free < whole + whole // 4 + KEEP_FREE:
            raise LeftOut(f"{free >> 20} MiB are free on this machine, too few for its {whole >> 20} MiB")

    def _begin(self, one: dict[str, Any]) -> tuple[Path, list[str]]:
        """(the file with what is here of a log already, the whole logs that it is the longer form of)"""
        kind = self.directory / one["kind"]
        kind.mkdir(mode=0o700, exist_ok=True)
        begun = [path for path, entry in self.entries.items() if self._begins(one, entry)]
        # Of what it will be, so that two logs that had the same name one after the other don't meet.
        digest = one["disk_sha256"] if one["packed"] else one["sha256"]
        part = kind / f".{one['name']}.{digest[:16]}{PART}"
        if one["packed"]:
            # It never grows, and has no beginning in common with what it was made from.
            _touch(part)
            return part, begun
        parts = [
            path for path, (size, digest) in self._parts.items()
            if path.parent == kind and path.exists() and one["prefixes"].get(str(size)) == digest
        ]  # fmt: skip
        best = max(parts, key=lambda path: self._parts[path][0], default=None)
        readable = [path for path in begun if path.rpartition(".")[2] in _OPENERS]
        longest = max(readable, key=lambda path: int(self.entries[path]["size"]), default=None)
        if longest and (best is None or self.entries[longest]["size"] > self._parts[best][0]):
            with opened(self.directory / longest) as source, _private(part) as target:
                shutil.copyfileobj(source, target, BLOCK)
        elif best is None:
            _private(part).close()
        elif best != part:
            os.replace(best, part)
        self._parts.pop(best or part, None)
        return part, begun

    @staticmethod
    def _begins(one: dict[str, Any], entry: dict[str, Any]) -> bool:
        shorter = entry["kind"] == one["kind"] and entry["size"] < one["size"]
        return bool(shorter and one["prefixes"].get(str(entry["size"])) == entry["sha256"])

    def _finish(self, one: dict[str, Any], part: Path, replaced: list[str]) -> None:
        """Store what has come, then remember it, then let go what it is the longer form of."""
        if one["packed"]:
            seen = _see_content(part, one, [self.entries[path]["size"] for path in replaced])
            # The server's word alone makes nothing go that came before.
            replaced = [
                path for path in replaced if seen.get(str(self.entries[path]["size"])) == self.entries[path]["sha256"]
            ]
            with open(part, "rb") as stream:
                os.fsync(stream.fileno())
            path = self._free_path(one, one["name"], replaced)
            os.replace(part, self.directory / path)
        else:
            path = self._free_path(one, one["name"] + ".gz", replaced)
            with open(part, "rb") as source:
                _pack(source, self.directory / path)
        self._remember(path, one, replaced)
        part.unlink(missing_ok=True)

    def _free_path(self, one: dict[str, Any], name: str, replaced: list[str]) -> str:
        """Where a log goes: never over another one that is no beginning of it."""
        path = f"{one['kind']}/{name}"
        if path in self.entries and path not in replaced:
            stem, dot, ending = name.rpartition(".")
            path = f"{one['kind']}/{stem}.{one['sha256'][:12]}{dot}{ending}"
        return path

    def _remember(self, path: str, one: dict[str, Any], replaced: list[str]) -> None:
        size, digest = digest_of(self.directory / path)
        entry = {name: one[name] for name in ("kind", "name", "source", "size", "sha256", "first", "last")}
        entry.update(modified=one.get("modified"), stored_size=size, stored_sha256=digest)
        for old in replaced:
            self.entries.pop(old, None)
        self.entries[path] = entry
        write_state(self.directory, self.entries)
        for old in replaced:
            if old != path:
                (self.directory / old).unlink(missing_ok=True)

    def take_journal(self, one: dict[str, Any]) -> None:
        """Have a unit's part of the journal here.

        :raises Refused: its content is not what its digest says.
        """
        if one["content"] is None:
            if one["sha256"] not in self.known_journals().values():
                raise Refused(f"{one['name']}: expected its content, got none")
            return
        if one["size"] > self.max_file:
            raise LeftOut(f"it has {one['size']} bytes, more than the {self.max_file} allowed")
        content = unpack(one["content"], one["size"], zlib.MAX_WBITS)
        if len(content) != one["size"] or hashlib.sha256(content).hexdigest() != one["sha256"]:
            raise Refused(f"{one['name']}: its content is not what its digest says")
        replaced = [
            path for path, entry in self.entries.items()
            if entry["name"] == one["name"] and entry["kind"] == one["kind"]
            and hashlib.sha256(content[: entry["size"]]).hexdigest() == entry["sha256"]
        ]  # fmt: skip
        (self.directory / one["kind"]).mkdir(mode=0o700, exist_ok=True)
        path = self._free_path(one, one["name"] + ".gz", replaced)
        with tempfile.TemporaryFile() as source:
            source.write(content)
            source.seek(0)
            _pack(source, self.directory / path)
        self.fetched_files += 1
        self.fetched_bytes += one["size"]
        self._remember(path, one, replaced)

    def tidy(self) -> None:
        """Once all is whole: what was begun and is wanted no more goes."""
        for pattern in (f"*/.*{PART}", f".*{PART}"):
            for part in self.directory.glob(pattern):
                if part.name != LOCK:
                    part.unlink()


def read_state(directory: Path) -> dict[str, dict[str, Any]]:
    """What a diffuser's directory says that it holds; nothing if it says nothing that can be read."""
    try:
        files = json.loads((directory / STATE).read_text(encoding="utf-8"))["files"]
        return {path: dict(entry) for path, entry in files.items() if _PATH.match(path)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_state(directory: Path, entries: dict[str, dict[str, Any]]) -> None:
    """Remember what a diffuser's directory holds."""
    text = json.dumps({"files": entries}, indent=1, sort_keys=True)
    handle, name = tempfile.mkstemp(dir=directory, prefix=".state-", suffix=PART)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(name, directory / STATE)


def digest_of(path: Path) -> tuple[int, str]:
    """(bytes, SHA-256) of a file."""
    sha, size = hashlib.sha256(), 0
    with open(path, "rb") as stream:
        for data in iter(lambda: stream.read(BLOCK), b""):
            sha.update(data)
            size += len(data)
    return size, sha.hexdigest()


def opened(path: Path) -> IO[bytes]:
    """A stored log's content."""
    return _OPENERS[path.suffix.lstrip(".")](path, "rb")


def unpack(text: Any, most: int, window: int) -> bytes:
    """What base64 of deflated bytes holds; no more than one byte above *most*.

    :raises Refused: it is something else.
    """
    try:
        engine = zlib.decompressobj(window)
        return engine.decompress(base64.b64decode(str(text)), most + 1)
    except (ValueError, zlib.error) as problem:
        raise Refused(f"what came is not packed as expected: {problem}") from None


def _see_content(part: Path, one: dict[str, Any], sizes: list[int]) -> dict[str, str]:
    """See that a compressed file holds what the server says, where this machine can unpack it.

    :returns: the SHA-256 of its beginnings of these sizes.
    """
    opener = _OPENERS.get(one["packed"])
    if not opener:
        return {}
    content, left = Digest(sizes), one["size"] + 1
    try:
        with opener(part, "rb") as stream:
            while left > 0:
                data = stream.read(min(BLOCK, left))
                if not data:
                    break
                left -= len(data)
                content.update(data)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        left = 0
    if left != 1 or content.hexdigest() != one["sha256"]:
        part.unlink()
        raise LeftOut("unpacked it is not what the server said that it holds")
    return dict(content.prefixes)


def _pack(source: IO[bytes], path: Path) -> None:
    """Compress a file; the same content always gives the same bytes, and a reader never sees half of them."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".pack-", suffix=PART)
    try:
        with os.fdopen(handle, "wb") as stream:
            with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=stream, mtime=0) as packed:
                shutil.copyfileobj(source, packed, BLOCK)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _touch(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def stored_files(directory: Path) -> Iterator[Path]:
    """Every file below a directory but what a run leaves for the next."""
    for path in sorted(directory.rglob("*")):
        ours = path.name == STATE or (path.name.startswith(".") and path.name.endswith(PART))
        if (path.is_symlink() or not path.is_dir()) and not ours:
            yield path
