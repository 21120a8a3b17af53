# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Text that came from a server: decode it, bound it, take secrets out of it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

# In Python 2 this is `unicode`, in Python 3 `str`, without naming either.
TEXT = type(b"".decode("ascii"))
BYTES = type(b"")

MAX_TEXT = 65536
MAX_ENTRIES = 5000

_CREDENTIALS_IN_URL = re.compile(r"(://[^/\s:@]*:)[^@\s/]+@")
_SECRET_WORD = re.compile(
    r"(?i)((?:pass(?:word|wd)?|secret|token|api_?key)\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s\"']+)"
)
_SECRET_FLAG = re.compile(r"(?i)(--(?:pass(?:word|wd)?|secret|token|api-?key)\s+)(\"[^\"]*\"|'[^']*'|\S+)")
_HEADER_SECRET = re.compile(r"(?i)(authorization:\s*\w+\s+)[^\s\"']+")


def to_text(data):
    """Whatever came (bytes, text, a path with undecodable bytes) as clean text.

    Invalid UTF-8 becomes U+FFFD; lone surrogates (how Python 3 carries an
    undecodable file name) do too, since they cannot be written as UTF-8 later.
    """
    if isinstance(data, BYTES):
        return data.decode("utf-8", "replace")
    if isinstance(data, TEXT):
        try:
            data.encode("utf-8")
            return data
        except UnicodeError:
            return data.encode("utf-8", "replace").decode("utf-8", "replace")
    return TEXT(data)


def bounded(value, max_text=MAX_TEXT, max_entries=MAX_ENTRIES):
    """A copy of `value` (text, number, list, dict) within bounds.

    Returns (copy, truncated). Texts are cut at `max_text` characters, lists
    and dicts at `max_entries` entries.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value, False
    if isinstance(value, dict):
        truncated = len(value) > max_entries
        copy = {}
        for key in sorted(value, key=to_text)[:max_entries]:
            copy[to_text(key)], cut = bounded(value[key], max_text, max_entries)
            truncated = truncated or cut
        return copy, truncated
    if isinstance(value, (list, tuple, set, frozenset)):
        entries = list(value)
        truncated = len(entries) > max_entries
        copy = []
        for entry in entries[:max_entries]:
            kept, cut = bounded(entry, max_text, max_entries)
            copy.append(kept)
            truncated = truncated or cut
        return copy, truncated
    if isinstance(value, (BYTES, TEXT)):
        text = to_text(value)
        return text[:max_text], len(text) > max_text
    try:
        # A Python 2 `long` (an inode, a byte count) is neither int nor text.
        return int(value), False
    except (TypeError, ValueError):
        return bounded(TEXT(value), max_text, max_entries)


def redacted(line):
    """The line without passwords in URLs, --password options or Authorization headers."""
    line = _CREDENTIALS_IN_URL.sub(r"\1***@", line)
    line = _HEADER_SECRET.sub(r"\1***", line)
    line = _SECRET_FLAG.sub(r"\1***", line)
    return _SECRET_WORD.sub(r"\1***", line)


def first_line(text, limit=300):
    """The first line with something in it, for a one-line reason."""
    for line in to_text(text).splitlines():
        if line.strip():
            return line.strip()[:limit]
    return ""


def as_int(text, default=None):
    """int(text), or the default when it is not a number."""
    try:
        return int(text)
    except (TypeError, ValueError):
        return default
