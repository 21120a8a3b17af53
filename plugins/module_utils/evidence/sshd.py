# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""sshd: its version, what it would apply to a connection, its keys, and who may enter with one."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import binascii
import hashlib
import os
import re
import struct

from ansible_collections.iepc.prep.plugins.module_utils.evidence import accounts
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import MissingCommand, SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text

VERSION = ("sshd", "-V")
KEY_TYPES = re.compile(
    r"^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com"
    r"|(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+)-cert-v01@openssh\.com)$"
)
CURVES = {"nistp256": 256, "nistp384": 384, "nistp521": 521}
DEFAULT_KEY_FILES = ".ssh/authorized_keys .ssh/authorized_keys2"


def local_end(connection):
    """SSH_CONNECTION ('client port server port', ssh(1)) -> 'laddr=...,lport=...'.

    Without it 'lport=22': a `Match LocalPort` block is passed over when no port is given.
    """
    fields = (connection or "").split()
    if len(fields) == 4 and fields[3].isdigit() and "%" not in fields[2]:
        return "laddr=%s,lport=%s" % (fields[2], fields[3])
    return "lport=22"


def effective_command(address, options):
    """The argv that asks what applies to root's connection from `address` to where the run came in.

    host is given too: without it a `Match Host` line makes sshd refuse to answer.
    """
    local = local_end(options.get("ssh_connection"))
    return ("sshd", "-T", "-C", "user=root,host=%s,addr=%s,%s" % (address, address, local))


def commands(reader, options):
    """Commands worth starting ahead."""
    ahead = [VERSION, effective_command(options["outside_source"], options)]
    if options.get("allowed_source"):
        ahead.append(effective_command(options["allowed_source"], options))
    return ahead


def parse_version(text):
    """'OpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL ...' (in sshd -V or ssh -V, or a usage text) -> '9.2p1'."""
    found = re.search(r"OpenSSH_(\d+(?:\.\d+)*(?:p\d+)?)", text)
    return found.group(1) if found else ""


def parse_effective(text):
    """`sshd -T` -> {option in lower case: text}; an option that appears several times has a list."""
    options = {}
    for line in text.splitlines():
        name, space, value = line.strip().partition(" ")
        if not name:
            continue
        name = name.lower()
        value = value.strip()
        if name not in options:
            options[name] = value
        elif isinstance(options[name], list):
            options[name].append(value)
        else:
            options[name] = [options[name], value]
    return options


def parse_blob(blob):
    """A public key's base64 -> (bits or None, 'SHA256:...') as ssh-keygen -l prints it.

    Raises ValueError when it is no key (RFC 4253, section 6.6).
    """
    try:
        raw = base64.b64decode(blob.encode("ascii"))
    except (binascii.Error, TypeError, UnicodeError):
        raise ValueError("not base64")
    parts = []
    rest = raw
    while len(rest) >= 4:
        size = struct.unpack(">I", rest[:4])[0]
        if size > len(rest) - 4:
            raise ValueError("a part is longer than the key")
        parts.append(rest[4:4 + size])
        rest = rest[4 + size:]
    if not parts:
        raise ValueError("empty key")
    kind = to_text(parts[0])
    bits = None
    if kind == "ssh-rsa" and len(parts) >= 3:
        bits = _bits(parts[2])
    elif kind == "ssh-dss" and len(parts) >= 2:
        bits = _bits(parts[1])
    elif "ed25519" in kind:
        bits = 256
    elif "ecdsa" in kind and len(parts) >= 2:
        bits = CURVES.get(to_text(parts[1]))
    digest = base64.b64encode(hashlib.sha256(raw).digest()).decode("ascii").rstrip("=")
    return bits, "SHA256:" + digest


def _bits(number):
    """Bits of a big-endian number, leading zero byte or not."""
    digits = number.lstrip(b"\x00")
    return int(binascii.hexlify(digits), 16).bit_length() if digits else 0


def split_options(line):
    """An authorized_keys line -> its words, where spaces inside double quotes do not separate."""
    words = []
    word = ""
    quoted = False
    for position, char in enumerate(line):
        if char == '"' and (position == 0 or line[position - 1] != "\\"):
            quoted = not quoted
        if char in " \t" and not quoted:
            if word:
                words.append(word)
            word = ""
        else:
            word += char
    if word:
        words.append(word)
    return words


def parse_keys(text):
    """A .pub or authorized_keys file -> [{type, bits, sha256, comment, options}].

    A line that is no key is kept with type 'unreadable': it lets nobody in, but
    it is something on the server that the report should show.
    """
    keys = []
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        words = split_options(line)
        start = next((index for index, word in enumerate(words[:2]) if KEY_TYPES.match(word)), None)
        try:
            if start is None or len(words) < start + 2:
                raise ValueError("no key type")
            bits, digest = parse_blob(words[start + 1])
        except ValueError:
            keys.append({"type": "unreadable", "bits": None, "sha256": None, "comment": "", "options": ""})
            continue
        keys.append(
            {
                "type": words[start],
                "bits": bits,
                "sha256": digest,
                "comment": " ".join(words[start + 2:]),
                "options": words[0] if start == 1 else "",
            }
        )
    return keys


def expand(pattern, user, home):
    """An AuthorizedKeysFile pattern for a user: %h, %u, %%, relative to the home (sshd_config(5))."""
    path = re.sub(
        r"%(.)", lambda token: {"h": home, "u": user, "%": "%"}.get(token.group(1), token.group(0)), pattern
    )
    return path if path.startswith("/") else os.path.join(home, path)


def effective(look, address, options):
    """What applies to a connection from `address`. Raises SourceError."""
    found = parse_effective(look.must(effective_command(address, options)))
    if "permitrootlogin" not in found:
        raise SourceError("sshd -T: no PermitRootLogin in its answer")
    return found


def collect_version(look, options):
    """sshd.version: '' when there is no sshd."""
    try:
        output = look.run(VERSION)
    except MissingCommand:
        return ""
    # Before 8.9 `sshd -V` is a wrong option; the usage text names the version all the same.
    look.rc = 0
    version = parse_version(output.err + output.out)
    if not version:
        raise SourceError("sshd -V: names no version")
    return version


def collect_effective(look, options):
    """sshd.effective: {} when there is no sshd; an address that was not given has no key."""
    if look.which("sshd") is None:
        look.source("which sshd")
        return {}
    value = {"outside": effective(look, options["outside_source"], options)}
    if options.get("allowed_source"):
        value["allowed"] = effective(look, options["allowed_source"], options)
    return value


def collect_host_keys(look, options):
    """ssh.host_keys: the keys sshd really offers (its HostKey options), else /etc/ssh's."""
    try:
        paths = effective(look, options["outside_source"], options).get("hostkey", [])
        paths = [path + ".pub" for path in ([paths] if not isinstance(paths, list) else paths)]
    except SourceError:
        paths = look.glob("/etc/ssh/ssh_host_*_key.pub")
    keys = []
    for path in paths:
        text = look.read_if_there(path)
        for key in parse_keys(text or ""):
            keys.append({"type": key["type"], "bits": key["bits"], "sha256": key["sha256"], "file": path})
    if not keys and look.which("sshd"):
        raise SourceError("sshd is installed, but no public host key was found")
    return keys


def collect_authorized(look, options):
    """ssh.authorized: keys of every user that has a login shell, by the effective AuthorizedKeysFile."""
    try:
        patterns = effective(look, options["outside_source"], options).get("authorizedkeysfile", DEFAULT_KEY_FILES)
    except SourceError:
        patterns = DEFAULT_KEY_FILES
    users = accounts.parse_passwd(look.read("/etc/passwd"))
    if not users:
        raise SourceError("/etc/passwd: holds no account")
    shells = accounts.login_shells(look)
    value = {}
    for user in users:
        if user["uid"] != 0 and user["shell"] not in shells:
            continue
        keys = []
        for pattern in patterns.split() if patterns != "none" else []:
            path = expand(pattern, user["name"], user["home"])
            try:
                text = look.read_if_there(path)
            except SourceError as error:
                text = None
                keys.append({"type": "unreadable", "sha256": None, "comment": to_text(error.args[0]),
                             "file": path, "bits": None, "options": ""})
            for key in parse_keys(text or ""):
                key["file"] = path
                keys.append(key)
        value[user["name"]] = keys
    return value
