"""Files of logs: found, opened whatever compressed them, and cut into pieces of whole lines."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from prepctl.errors import PrepctlError
from prepctl.memory.lines import MOST_BYTES, parse

CHUNK = 4 << 20
# Plain files are worked on in pieces, by several processes.
PIECE = 96 << 20
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
LONGEST = 16 << 20
# Lines by which a file is judged to be a log: one of them has to be a line of one.
JUDGED = 200
NOT_A_LOG = "expected an Apache access log (common, combined, vhost or JSON, plain or gzip, zstd or bz2)"


@dataclass(frozen=True)
class Piece:
    """A part of a file.

    :ivar compression: gzip, bz2, zstd, or None for a plain file; only that one can be begun in its middle.
    :ivar begin: where its first line begins; :ivar end: where its last one has ended, None at the file's end.
    """

    file: Path
    name: str
    compression: str | None
    begin: int = 0
    end: int | None = None


def compression_of(path: Path) -> str | None:
    """By a file's first bytes: names lie."""
    with path.open("rb") as stream:
        head = stream.read(4)
    return next((kind for magic, kind in COMPRESSED.items() if head.startswith(magic)), None)


def find(paths: list[Path]) -> list[Path]:
    """The files of some paths, those of directories below them, in the order of their names.

    :raises PrepctlError: a path does not exist or can't be read.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
        elif path.exists():
            found.append(path)
        else:
            raise PrepctlError(f"{path}: {NOT_A_LOG}, found no such file")
    if not found:
        raise PrepctlError(f"{', '.join(map(str, paths))}: {NOT_A_LOG}, found no file")
    return found


def pieces(paths: list[Path]) -> list[Piece]:
    """Cut files into pieces.

    :raises PrepctlError: one of them is no log.
    """
    found = []
    for path in paths:
        try:
            compression, size = compression_of(path), path.stat().st_size
            judge(path, compression)
        except OSError as problem:
            raise PrepctlError(f"{path}: {NOT_A_LOG}: {problem.strerror or problem}") from None
        if compression or size <= PIECE:
            found.append(Piece(path, str(path), compression))
        else:
            count = -(-size // PIECE)
            bounds = [0, *(_line_at(path, size * number // count) for number in range(1, count)), size]
            found += [Piece(path, str(path), None, *pair) for pair in itertools.pairwise(bounds) if pair[0] < pair[1]]
    return found


def judge(path: Path, compression: str | None) -> None:
    """See that a file is a log, or empty.

    :raises PrepctlError: none of its first lines is a log's.
    """
    try:
        with opened(path, compression) as stream:
            head = stream.read(1 << 17)
    except (OSError, pa.ArrowException, EOFError) as problem:
        raise PrepctlError(f"{path}: {NOT_A_LOG}, but {compression} can't be read: {problem}") from None
    lines = [line for line in head.split(b"\n")[:JUDGED] if line.strip()]
    if lines and not any(parse(line.rstrip(b"\r")) for line in lines):
        shown = lines[0][:60].decode("ascii", "replace")
        raise PrepctlError(f"{path}: {NOT_A_LOG}; none of its first {len(lines)} lines is one; the first: {shown!r}")


def opened(path: Path, compression: str | None) -> Any:
    """A file's bytes as they were before they were compressed."""
    if compression is None:
        return path.open("rb", buffering=0)
    return pa.input_stream(str(path), compression=compression, buffer_size=1 << 20)


def _line_at(path: Path, place: int) -> int:
    """Where the first line begins that does not begin before *place*."""
    with path.open("rb", buffering=0) as stream:
        stream.seek(place - 1)
        while True:
            data = stream.read(1 << 16)
            cut = data.find(b"\n") if data else -1
            if not data or cut >= 0:
                return stream.tell() - len(data) + cut + 1 if data else stream.tell()


def chunks(piece: Piece, broken: Callable[[str], None] = lambda why: None) -> Iterator[bytearray]:
    """The piece's lines, whole ones, in chunks; the last line is ended where the file does not end it.

    :param broken: told when what compressed a file ends before its end; what was read until then counts.
    """
    with opened(piece.file, piece.compression) as stream:
        left = None if piece.end is None else piece.end - piece.begin
        if piece.begin:
            stream.seek(piece.begin)
        # Read behind what is left of the chunk before, so that nothing is put together once more.
        tail = b""
        while left is None or left > 0:
            wanted = CHUNK if left is None else min(CHUNK, left)
            room = bytearray(len(tail) + wanted)
            room[: len(tail)] = tail
            try:
                got = stream.readinto(memoryview(room)[len(tail) :])
            except (OSError, pa.ArrowException, EOFError) as problem:
                broken(" ".join(str(problem).split()))
                break
            if not got:
                break
            if left is not None:
                left -= got
            end = len(tail) + got
            cut = room.rfind(b"\n", len(tail), end) + 1
            if cut:
                tail = bytes(memoryview(room)[cut:end])
                del room[cut:]
                yield room
            else:
                # A line that is too long to be one; that it was there is all that is kept.
                tail = bytes(memoryview(room)[: MOST_BYTES + 1 if end > LONGEST else end])
        if tail:
            yield bytearray(tail + b"\n")


def manifest(directory: Path) -> dict[str, Any] | None:
    """What ``prepctl collect-logs`` wrote down about what it brought; None where it did not."""
    path = directory / "inventory.json"
    if not path.is_file():
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise PrepctlError(f"{path}: expected the inventory of prepctl collect-logs: {problem}") from None
    if not isinstance(value, dict):
        raise PrepctlError(f"{path}: expected the inventory of prepctl collect-logs, got {type(value).__name__}")
    return value
