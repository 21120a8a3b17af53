# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What tells whether anybody touched a server since: digests of its files' states, kernel settings and places.

A digest is for comparing with one that was read before; what else a comparison takes (the firewall's rules, units,
packages) the other items hold. A file counts with the time of its inode (stat(2), st_ctim), which every write, rename,
chmod, chown and relabelling sets and no program can choose, so no file is opened to see whether it is the same.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import os
import re
import stat as stats

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import first_line

# Where what a run sets lies, and the programs that act on it.
ROOTS = (
    "/etc", "/usr/local", "/opt", "/usr/bin", "/usr/sbin", "/usr/libexec", "/usr/lib/systemd", "/lib/systemd",
    "/usr/lib/sysctl.d", "/usr/lib/tmpfiles.d", "/usr/share/modsecurity-crs", "/var/spool/cron",
    "/var/lib/prep/transactions", "/var/lib/prep/safety_net",
)
# Written anew by leases, clocks and volume managers on servers that nobody touches; no rule of the call is in them.
PASSED_BY = frozenset((
    "/etc/adjtime", "/etc/mtab", "/etc/resolv.conf", "/etc/lvm/archive", "/etc/lvm/backup", "/etc/lvm/cache",
))
MOST_ENTRIES = 60000
# sysctl.d(5), in its order; sysctl(8) reads the last one.
SYSCTL_FILES = ("/usr/lib/sysctl.d/*.conf", "/run/sysctl.d/*.conf", "/etc/sysctl.d/*.conf", "/etc/sysctl.conf")
# Of the published tree what a run sets; what arrives and what readers get change all the time.
PLACES = ("", "incoming", "trigger", "suspension", "cuts", "cuts/zero", "state")
FILLED_PLACES = ("suspension", "cuts/zero")
BOOT_ID = "/proc/sys/kernel/random/boot_id"
# proc(5), /proc/PID/stat: clock ticks from boot to the start, the 20th field after the name's parenthesis. In a
# container the first process starts with it, while the boot is the machine's.
STARTED_FIELD = 19


def digest(lines):
    """One sha256 of texts, whatever their order."""
    whole = hashlib.sha256()
    for line in sorted(lines):
        whole.update(line if isinstance(line, bytes) else line.encode("utf-8", "replace"))
        whole.update(b"\0")
    return whole.hexdigest()


def entry(path, state, timed=True):
    """The state of one path as a text: kind, mode, owner, and of what is no directory size and times."""
    words = [path, "%o" % state.st_mode, "%d:%d" % (state.st_uid, state.st_gid)]
    if stats.S_ISLNK(state.st_mode):
        words.append(os.readlink(path))
    if timed and not stats.S_ISDIR(state.st_mode):
        words += ["%d" % state.st_size, "%.6f" % state.st_mtime, "%.6f" % state.st_ctime]
    return "\0".join(words)


def walked(roots):
    """The states of all that lies below paths, links not followed. Raises SourceError when that is too much."""
    found = []
    # Python 2.7: names as the system has them, whatever bytes; one Unicode root would make it decode them all.
    native = [root if isinstance(root, str) else root.encode("utf-8") for root in roots]
    waiting = sorted(set(os.path.realpath(root) for root in native), reverse=True)
    seen = set()
    while waiting:
        path = waiting.pop()
        if path in PASSED_BY or path in seen:
            continue
        seen.add(path)
        try:
            state = os.lstat(path)
            found.append(entry(path, state))
            if stats.S_ISDIR(state.st_mode):
                waiting.extend(os.path.join(path, name) for name in os.listdir(path))
        except OSError:
            # Gone between two looks, or not for us to read: the one or the other shows in what is there the next time.
            found.append(path + "\0?")
        if len(found) > MOST_ENTRIES:
            raise SourceError("%s: more than %d files" % (", ".join(roots[:3]), MOST_ENTRIES))
    return found


def homes(passwd):
    """Where passwd(5) says that keys of accounts lie."""
    fields = [line.split(":") for line in passwd.splitlines()]
    return sorted(set(os.path.join(one[5], ".ssh") for one in fields if len(one) > 6 and one[5].startswith("/")))


def setting_keys(text):
    """The keys that a file of sysctl.d(5) sets, as paths below /proc/sys; `*` and `?` stand for any name."""
    found = set()
    for line in text.splitlines():
        key = line.split("=", 1)[0].strip().lstrip("-").strip()
        if not key or key[0] in "#;" or not re.match(r"^[\w.*?/-]+$", key):
            continue
        # sysctl.d(5): where the first separator is a slash, dots are part of names.
        separator = re.search(r"[./]", key)
        found.add(key if separator and separator.group() == "/" else key.replace(".", "/"))
    return found


def settings(look):
    """What the kernel holds for each key that a file sets; a key that it does not have counts as such."""
    keys = set()
    for pattern in SYSCTL_FILES:
        for path in look.glob(pattern):
            keys |= setting_keys(look.read_if_there(path) or "")
    found = []
    for key in sorted(keys):
        path = "/proc/sys/" + key
        for one in look.glob(path) if re.search(r"[*?]", key) else [path]:
            held = look.peek(one)
            found.append("%s=%s" % (one, "-" if held is None else " ".join(held.split())))
    return found


def places(root):
    """The states of the published tree's own places below its root."""
    found = []
    for name in PLACES:
        path = os.path.join(root, name) if name else root
        try:
            found.append(entry(path, os.lstat(path)))
            if name in FILLED_PLACES:
                inside = [os.path.join(path, each) for each in os.listdir(path)]
                found.extend(entry(one, os.lstat(one)) for one in inside)
        except OSError as error:
            found.append("%s\0%s" % (path, error.errno))
    return found


def boot(look):
    """What another boot, or another start of a container, has another one of."""
    first = (look.peek("/proc/1/stat") or "").rpartition(")")[2].split()
    return "%s %s" % (first_line(look.peek(BOOT_ID) or ""), first[STARTED_FIELD] if len(first) > STARTED_FIELD else "")


def collect(look, options):
    """footprint: files, settings and places are sha256; boot is a text."""
    look.source(", ".join(ROOTS))
    files = walked(ROOTS + tuple(homes(look.read("/etc/passwd"))))
    return {
        "files": digest(files),
        "settings": digest(settings(look)),
        "places": digest(places(options["content_root"])),
        "boot": boot(look),
        "entries": len(files),
    }
