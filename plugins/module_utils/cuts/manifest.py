# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The manifest of a cut: every file with its SHA-256, size and time, and which cut it is.

It travels as ``prep-manifest.json`` at the top of the tree, beside ``prep-manifest.sig``: for each of
the institute's keys, by its name, the signature of the manifest's bytes (ECDSA P-256, SHA-256).
Two keys may be valid at once, so a key is changed without a moment in which a mirror knows neither.

Pure functions. The mirror runs this very file; whatever it is given is hostile until its signature
was verified, and even then has to keep the rules below.
"""

from __future__ import absolute_import, division, print_function

import base64
import binascii
import hashlib
import json
import re

__metaclass__ = type

SCHEMA = 1
MANIFEST = "prep-manifest.json"
SIGNATURE = "prep-manifest.sig"

MANIFEST_BYTES = 8 * 1024 * 1024
SIGNATURE_BYTES = 8 * 1024
MAX_FILES = 20000
MAX_FILE_BYTES = 1024 * 1024 * 1024
MAX_TREE_BYTES = 8 * 1024 * 1024 * 1024
MAX_PATH = 400
MAX_NAME = 200
MAX_DEPTH = 16

# Control characters, C1 among them, and the backslash.
_UNPRINTABLE = re.compile(u"[\x00-\x1f\x7f-\x9f\\\\]")
_ID = re.compile(r"^[0-9]{8}_[0-9]{4}-[0-9a-f]{8}\Z")
_CLOCK = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:00[+-]\d\d:\d\d\Z")
_SHA256 = re.compile(r"^[0-9a-f]{64}\Z")
_KEY = re.compile(r"^[0-9a-f]{16}\Z")
_CUT_KEYS = ("clock", "drill", "epoch", "id", "made", "previous")


class ManifestError(ValueError):
    """A manifest or signature that can't be taken: one line."""


def path_problem(path):
    """What is wrong with a file's path in a cut, in words; None if nothing is.

    What a web server, a shell or a terminal could take for something else has no place in a cut, nor has a
    hidden file: rsync's own half-written ones are hidden.
    """
    if not _is_text(path) or not path:
        return "is no text"
    if len(path.encode("utf-8")) > MAX_PATH:
        return "is longer than %d bytes" % MAX_PATH
    if _UNPRINTABLE.search(path):
        return "has a control character or a backslash"
    names = path.split("/")
    if len(names) > MAX_DEPTH:
        return "is more than %d directories deep" % MAX_DEPTH
    for name in names:
        if not name:
            return "is absolute or has an empty name"
        if name.startswith("."):
            return "leads out of the tree or to a hidden file"
        if len(name.encode("utf-8")) > MAX_NAME:
            return "has a name of more than %d bytes" % MAX_NAME
    if path in (MANIFEST, SIGNATURE):
        return "is the manifest's own"
    return None


def cut_id(wall, files, drill, made):
    """The name of a cut: its clock, and eight digits that follow from its files, its purpose and when it was made.

    :arg wall: "2022-06-05 20:15"
    """
    digest = hashlib.sha256((("drill %d\n" if drill else "cut %d\n") % made).encode("ascii"))
    for path in sorted(files):
        digest.update(("%s %s\n" % (files[path][0], path)).encode("utf-8"))
    return "%s-%s" % (re.sub(r"[-:]", "", wall).replace(" ", "_"), digest.hexdigest()[:8])


def build(cut, files):
    """The manifest's bytes, always the same for the same content.

    :arg cut: dict of id, clock (ISO with offset), epoch, drill, made (epoch), previous (id or None)
    :arg files: {path: [sha256, size, mtime]}
    :raises ManifestError: one of the rules is broken
    """
    value = {"schema": SCHEMA, "cut": cut, "files": files}
    data = (json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n").encode("ascii")
    parse(data)
    return data


def parse(data):
    """A manifest's bytes, checked -> {"cut": ..., "files": {path: [sha256, size, mtime]}}.

    :raises ManifestError: it breaks a rule
    """
    value = reread(data)
    _check_files(value["files"])
    return value


def reread(data):
    """A manifest whose files were checked before it was put where it lies; what could be broken by accident is checked.

    :raises ManifestError: it is none
    """
    if len(data) > MANIFEST_BYTES:
        raise ManifestError("the manifest has more than %d bytes" % MANIFEST_BYTES)
    value = _object(data, "the manifest")
    if value.get("schema") != SCHEMA or set(value) != set(("schema", "cut", "files")):
        raise ManifestError("the manifest is not of schema %d" % SCHEMA)
    _check_cut(value["cut"])
    if not isinstance(value["files"], dict):
        raise ManifestError("the manifest names no files")
    return value


def _check_cut(cut):
    if not isinstance(cut, dict) or set(cut) != set(_CUT_KEYS):
        raise ManifestError("the manifest does not say which cut it is")
    if not _matches(_ID, cut["id"]):
        raise ManifestError("the cut's id is not AAAAMMDD_HHMM-xxxxxxxx")
    if cut["previous"] is not None and not _matches(_ID, cut["previous"]):
        raise ManifestError("the previous cut's id is not AAAAMMDD_HHMM-xxxxxxxx")
    if not _matches(_CLOCK, cut["clock"]) or re.sub("[-:]", "", cut["clock"][:16]).replace("T", "_") != cut["id"][:13]:
        raise ManifestError("the cut's clock is not that of its id")
    if not _is_whole(cut["epoch"], 2 ** 40) or not _is_whole(cut["made"], 2 ** 40):
        raise ManifestError("the cut's times are no whole numbers")
    if not isinstance(cut["drill"], bool):
        raise ManifestError("the cut does not say whether it is a drill's")


def _check_files(files):
    if not isinstance(files, dict) or not files:
        raise ManifestError("the manifest names no files")
    if len(files) > MAX_FILES:
        raise ManifestError("the manifest names more than %d files" % MAX_FILES)
    total, directories = 0, set()
    for path in files:
        problem = path_problem(path)
        if problem:
            raise ManifestError("path %s %s" % (json.dumps(path), problem))
        entry = files[path]
        if not isinstance(entry, list) or len(entry) != 3 or not _matches(_SHA256, entry[0]):
            raise ManifestError("%s: expected SHA-256, size and time" % path)
        if not _is_whole(entry[1], MAX_FILE_BYTES) or not _is_whole(entry[2], 2 ** 40):
            raise ManifestError("%s: its size or time is out of bounds" % path)
        total += entry[1]
        directories.update(parents(path))
    if total > MAX_TREE_BYTES:
        raise ManifestError("the files are more than %d bytes" % MAX_TREE_BYTES)
    for path in files:
        if path in directories:
            raise ManifestError("%s is a file and a directory" % path)


def parents(path):
    """The directories that a path lies in, inmost first: a/b/c -> a/b, a."""
    while "/" in path:
        path = path.rsplit("/", 1)[0]
        yield path


def directories_of(files):
    """All directories of a manifest's files, outmost first."""
    found = set()
    for path in files:
        found.update(parents(path))
    return sorted(found)


def differences(files, found):
    """What a tree differs in from its manifest.

    :arg files: the manifest's {path: [sha256, size, mtime]}
    :arg found: {path: sha256, or None for what is no plain file}
    :returns: lines "missing: PATH", "extra: PATH", "altered: PATH"
    """
    lines = ["missing: %s" % path for path in sorted(files) if path not in found]
    lines += ["extra: %s" % path for path in sorted(found) if path not in files]
    lines += ["altered: %s" % path for path in sorted(files) if path in found and found[path] != files[path][0]]
    return lines


def order(cut):
    """What says which of two cuts is the later: its clock, then when it was made."""
    return cut["epoch"], cut["made"]


def build_signatures(signatures):
    """The bytes of the signatures' file.

    :arg signatures: {key's name: signature (DER)}
    """
    keys = dict((name, base64.b64encode(signatures[name]).decode("ascii")) for name in signatures)
    return (json.dumps({"schema": SCHEMA, "keys": keys}, sort_keys=True) + "\n").encode("ascii")


def parse_signatures(data):
    """{key's name: signature (DER)} of the signatures' file.

    :raises ManifestError: it is none
    """
    if len(data) > SIGNATURE_BYTES:
        raise ManifestError("the signature has more than %d bytes" % SIGNATURE_BYTES)
    keys = _object(data, "the signature").get("keys")
    if not isinstance(keys, dict) or not 0 < len(keys) <= 8:
        raise ManifestError("the signature names no key")
    found = {}
    for name in keys:
        try:
            if not _matches(_KEY, name) or not _is_text(keys[name]):
                raise ManifestError("the signature names no key")
            found[name] = base64.b64decode(keys[name].encode("ascii"))
        except (TypeError, ValueError, binascii.Error):
            raise ManifestError("the signature is not base64")
    return found


def key_name(public_pem):
    """A key's name: the first 16 digits of the SHA-256 of its public half (DER).

    :raises ManifestError: it is no public key in PEM
    """
    found = re.search(r"-----BEGIN PUBLIC KEY-----(.*?)-----END PUBLIC KEY-----", public_pem, re.S)
    try:
        der = base64.b64decode("".join(found.group(1).split()).encode("ascii")) if found else b""
    except (TypeError, ValueError, binascii.Error):
        der = b""
    # The one kind: an uncompressed point on P-256 after its fixed head (RFC 5480).
    if len(der) != 91 or not der.startswith(P256_HEAD):
        raise ManifestError("expected a public key of ECDSA P-256 in PEM")
    return hashlib.sha256(der).hexdigest()[:16]


P256_HEAD = binascii.unhexlify("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def _object(data, what):
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RuntimeError):  # RuntimeError: nested beyond what the parser follows
        raise ManifestError("%s is no JSON" % what)
    if not isinstance(value, dict):
        raise ManifestError("%s is no JSON object" % what)
    return value


def _is_text(value):
    return isinstance(value, str) or type(value).__name__ == "unicode"


def _is_whole(value, most):
    return isinstance(value, (int,) + _LONG) and not isinstance(value, bool) and 0 <= value <= most


_LONG = () if isinstance(2 ** 64, int) else (type(2 ** 64),)


def _matches(pattern, value):
    return _is_text(value) and bool(pattern.match(value))
