# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A report in its one canonical form, so that its digest is that of the file's own bytes.

RFC 8785 (JCS): members sorted by the UTF-16 code units of their names, no white space, the shortest
escapes, UTF-8. Numbers are where implementations differ, so a report holds none that could: floats are
refused, and integers beyond 2^53 - 1, which other readers would round. So are texts that are no Unicode
(lone surrogates) and names that stand twice.
"""

from __future__ import annotations

import hashlib
import json

LARGEST = 2**53 - 1


class CanonicalError(ValueError):
    """Something that has no canonical form here; names where it stands."""


def dumps(value):
    """The canonical form, as bytes."""
    text = json.dumps(_ordered(value, "$"), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def loads(data):
    """A value out of bytes that have to be its canonical form, to the last byte.

    :raises CanonicalError: no JSON, or JSON written otherwise.
    """
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
        canonical = dumps(value)
    except (ValueError, RecursionError) as problem:
        raise CanonicalError(f"not canonical JSON: {problem}") from problem
    if canonical != data:
        raise CanonicalError("not canonical JSON: the same content is written otherwise")
    return value


def digest(data):
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _once(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CanonicalError("a name stands twice in one object")
    return found


def _ordered(value, path):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise CanonicalError(f"{path}: an integer beyond 2^53 - 1")
        return int(value)
    if isinstance(value, list | tuple):
        return [_ordered(one, f"{path}[{index}]") for index, one in enumerate(value)]
    if isinstance(value, dict):
        names = {_text(name, path): name for name in value}
        return {
            name: _ordered(value[names[name]], f"{path}.{name}")
            for name in sorted(names, key=lambda name: name.encode("utf-16-be"))
        }
    raise CanonicalError(f"{path}: {type(value).__name__} has no canonical form")


def _text(value, path):
    if not isinstance(value, str):
        raise CanonicalError(f"{path}: a name that is no text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise CanonicalError(f"{path}: a text that is no Unicode") from None
    return str(value)
