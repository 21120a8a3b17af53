# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""sshd's configuration files as sshd reads them: in which order, and what applies to whom.

sshd takes the first value that it reads of each option, except in a ``Match`` block, which
overrules what stands outside of any, wherever it stands (sshd_config(5)). So our settings hold when
they are read first and no ``Match`` block says otherwise.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import fnmatch
import os
import re

MAIN = "/etc/ssh/sshd_config"
BEGIN = "# BEGIN iepc.prep: sshd takes the first value that it reads, so these hold against all below."
END = "# END iepc.prep"
# Includes inside of includes; sshd itself stops at 16.
MAX_DEPTH = 16

# What a Match block could reopen, and the values that do no harm there.
DOORS = {
    "permitrootlogin": ("no", "prohibit-password", "without-password", "forced-commands-only"),
    "passwordauthentication": ("no",),
    "kbdinteractiveauthentication": ("no",),
    "challengeresponseauthentication": ("no",),
    "permitemptypasswords": ("no",),
    "hostbasedauthentication": ("no",),
    "gssapiauthentication": ("no",),
    "kerberosauthentication": ("no",),
    "pubkeyauthentication": ("yes",),
}
# Options whose values add up instead of the first one holding.
CUMULATIVE = ("port", "hostkey", "listenaddress", "acceptenv", "subsystem", "setenv", "include", "match")


def split(line):
    """A line -> (keyword in lower case, rest), or None for a comment or an empty line."""
    found = re.match(r"\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$", line)
    return (found.group(1).lower(), found.group(2)) if found else None


def words(rest):
    """The arguments of a directive, quotes taken off."""
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', rest)]


def without_block(text):
    """The text without the block that we put on top of it."""
    start, end = text.find(BEGIN), text.find(END)
    if start < 0 or end < start:
        return text
    return text[:start] + text[end + len(END):].lstrip("\n")


def reads_first(text, path):
    """Whether the first directive of the main file's text is an Include that covers ``path``."""
    for line in without_block(text).splitlines():
        found = split(line)
        if found is None:
            continue
        return found[0] == "include" and any(
            fnmatch.fnmatch(path, pattern if pattern.startswith("/") else "/etc/ssh/" + pattern)
            for pattern in words(found[1])
        )
    return False


class Directive(object):
    """One line: where it stands, what it says, and the criteria of its Match block, if any."""

    def __init__(self, path, number, keyword, rest, match):
        self.path = path
        self.number = number
        self.keyword = keyword
        self.rest = rest
        self.match = match

    @property
    def values(self):
        """Its arguments."""
        return words(self.rest)

    def __str__(self):
        block = " in 'Match %s'" % self.match if self.match else ""
        return "%s:%d: '%s %s'%s" % (self.path, self.number, self.keyword, self.rest, block)


def directives(look, path=MAIN, match=None, depth=0):
    """All directives in the order in which sshd reads them.

    :param look: has ``read_if_there(path)`` and ``glob(pattern)``.
    """
    found = []
    for number, line in enumerate((look.read_if_there(path) or "").splitlines(), 1):
        parts = split(line)
        if parts is None:
            continue
        keyword, rest = parts
        if keyword == "match":
            # Also `Match all`: what follows it overrules what stands outside of any block.
            match = rest.strip()
        elif keyword == "include" and depth < MAX_DEPTH:
            for pattern in words(rest):
                pattern = pattern if pattern.startswith("/") else os.path.join("/etc/ssh", pattern)
                for included in look.glob(pattern):
                    # A Match block ends with the file that it stands in.
                    found.extend(directives(look, included, match, depth + 1))
        else:
            found.append(Directive(path, number, keyword, rest, match))
    return found


def keywords(settings):
    """The options that some settings set, in lower case."""
    return set(parts[0] for parts in (split(line) for line in settings.splitlines()) if parts)


def overruling(read, settings, drop_in):
    """Directives outside of Match blocks that are read before our drop-in and set what it sets."""
    own = keywords(settings) - set(CUMULATIVE)
    before = []
    for one in read:
        # Beside ours, files are read in the order of their names, whether ours is there yet or not.
        if os.path.dirname(one.path) == os.path.dirname(drop_in) and one.path >= drop_in:
            break
        if one.path != MAIN:
            before.append(one)
    return [one for one in before if one.match is None and one.keyword in own]


def reopening(read, accepted, own_key_files):
    """Directives of Match blocks that let in whom our settings keep out.

    :param accepted: criteria of blocks (``User backup``) that somebody takes responsibility for.
    :param own_key_files: whether ``~/.ssh/authorized_keys`` counts anyway.
    """
    accepted = [" ".join(one.split()).lower() for one in accepted]
    found = []
    for one in read:
        if one.match is None or " ".join(one.match.split()).lower() in accepted:
            continue
        values = [value.lower() for value in one.values]
        if one.keyword in DOORS:
            open_door = not values or values[0] not in DOORS[one.keyword]
        elif one.keyword == "authenticationmethods":
            open_door = any(re.search(r"password|interactive|none|any|hostbased|gssapi", value) for value in values)
        elif one.keyword in ("authorizedkeysfile", "authorizedkeyscommand"):
            open_door = not own_key_files and values[:1] != ["none"]
        else:
            open_door = False
        if open_door:
            found.append(one)
    return found


def ports(read):
    """(port, directive) of every Port and of every ListenAddress that names a port, outside of Match blocks."""
    found = []
    for one in read:
        value = one.values[0] if one.values else ""
        if one.keyword == "port" and value.isdigit():
            found.append((int(value), one))
        elif one.keyword == "listenaddress":
            # host:port or [address]:port; a bare IPv6 address has more colons.
            named = re.match(r"^(?:\[[^\]]*\]|[^:]*):(\d+)$", value)
            if named:
                found.append((int(named.group(1)), one))
    return found


def command_line_options(text):
    """Options that a running sshd was started with: its command line -> [(keyword, 'keyword=value')].

    They hold against every file (sshd(8), -o and -p); Red Hat 8 passes its crypto policy so.
    """
    found = []
    for name, value in re.findall(r"(?:^|\s)-o\s*([A-Za-z0-9]+)[= ]([^\s]*)", text):
        found.append((name.lower(), "%s=%s" % (name, value)))
    for value in re.findall(r"(?:^|\s)-p\s*(\d+)", text):
        found.append(("port", "Port=%s" % value))
    return found


def without_policy(text):
    """The text of /etc/sysconfig/sshd with Red Hat 8's own way to opt out of the crypto policy."""
    lines = [line for line in text.splitlines() if not re.match(r"\s*CRYPTO_POLICY\s*=", line)]
    return "\n".join(lines + ["CRYPTO_POLICY="]) + "\n"
