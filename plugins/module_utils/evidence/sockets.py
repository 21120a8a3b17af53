# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Listening sockets and their owners from /proc, without a process per socket."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import pwd
import re
import socket
import struct
import sys

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.system import pids
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text

TABLES = (("tcp", 4, "/proc/net/tcp"), ("tcp", 6, "/proc/net/tcp6"), ("udp", 4, "/proc/net/udp"),
          ("udp", 6, "/proc/net/udp6"))
TABLE_LIMIT = 8 * 1024 * 1024
TCP_LISTEN = "0A"
UDP_UNCONNECTED = "07"
_SOCKET = re.compile(r"socket:\[(\d+)\]")


def parse_address(text, byteorder=sys.byteorder):
    """'0100007F:0050' as the kernel prints it -> ('127.0.0.1', 80).

    The address is printed as 32-bit words in the machine's byte order, the port
    in plain hexadecimal.
    """
    address, _colon, port = text.partition(":")
    raw = binascii.unhexlify(address.encode("ascii"))
    words = struct.unpack(">%dI" % (len(raw) // 4), raw)
    packed = struct.pack(("<" if byteorder == "little" else ">") + "%dI" % len(words), *words)
    family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
    return to_text(socket.inet_ntop(family, packed)), int(port, 16)


def parse_table(text, proto, byteorder=sys.byteorder):
    """/proc/net/{tcp,tcp6,udp,udp6} -> [{address, port, uid, inode}] of listening sockets.

    For UDP: sockets that take datagrams from anybody (not connected to a peer).
    Raises SourceError when it is not such a table.
    """
    wanted = TCP_LISTEN if proto == "tcp" else UDP_UNCONNECTED
    found = []
    lines = text.splitlines()
    if not lines or "local_address" not in lines[0]:
        raise SourceError("/proc/net/%s: not the kernel's table" % proto)
    for line in lines[1:]:
        fields = line.split()
        if len(fields) < 10 or fields[3] != wanted:
            continue
        address, port = parse_address(fields[1], byteorder)
        found.append({"address": address, "port": port, "uid": int(fields[7]), "inode": fields[9]})
    return found


def user_name(uid):
    """The name of a uid, or its number as text."""
    try:
        return to_text(pwd.getpwuid(uid).pw_name)
    except (KeyError, TypeError, OverflowError):
        return to_text(uid)


def owners(look, inodes):
    """{inode: pid} for those socket inodes; the lowest pid that holds it (the parent)."""
    found = {}
    missing = set(inodes)
    for pid in pids(look):
        if not missing:
            break
        try:
            descriptors = look.listdir("/proc/%d/fd" % pid)
        except Exception:  # pylint: disable=broad-except
            continue  # gone, or another's: its socket then shows without a process
        for descriptor in descriptors:
            match = _SOCKET.match(look.readlink("/proc/%d/fd/%s" % (pid, descriptor)) or "")
            if match and match.group(1) in missing:
                found[match.group(1)] = pid
                missing.discard(match.group(1))
    return found


def systemd_path(cgroup):
    """/proc/PID/cgroup -> the process's place in systemd's tree, '' when it does not say."""
    unified = ""
    for line in cgroup.splitlines():
        _number, _colon, rest = line.partition(":")
        controllers, _colon, path = rest.partition(":")
        if controllers == "name=systemd":
            return path
        if not controllers:
            unified = path
    return unified


def unit_of(path, root=""):
    """'/system.slice/nginx.service' -> 'nginx.service'; None outside any unit.

    root: where the tree of this server begins, which is not '/' inside a container. The first unit on
    the way counts: what follows belongs to somebody else's systemd, as in a container.
    """
    if root and path.startswith(root + "/"):
        path = path[len(root):]
    for part in path.split("/"):
        if part.endswith((".service", ".scope", ".socket")):
            return part
    return None


def tree_root(look):
    """Where init sits, without its own scope."""
    path = systemd_path(look.peek("/proc/1/cgroup") or "")
    return path[: -len("/init.scope")] if path.endswith("/init.scope") else path.rstrip("/")


def unit_of_process(look, pid):
    """The unit that a process runs in; None for one that is gone or outside any unit."""
    root = look.once("cgroup root", lambda: tree_root(look))
    return unit_of(systemd_path(look.peek("/proc/%d/cgroup" % pid) or ""), root)


def programs(look):
    """Paths of the programs that listen; read once per trip."""
    return [one["exe"] for one in listening_sockets(look)]


def listening_sockets(look):
    """See collect."""
    return look.once("sockets", lambda: _listening(look))


def collect(look, options):
    """sockets.listening: a socket of the kernel itself has process, exe, pid and unit null."""
    for _proto, _family, path in TABLES:
        look.source(path)
    return listening_sockets(look)


def _listening(look):
    listening = []
    for proto, family, path in TABLES:
        # /proc/net/tcp6 is missing where IPv6 is switched off.
        if family == 6 and look.stat(path) is None:
            continue
        for entry in parse_table(look.read(path, TABLE_LIMIT), proto):
            entry.update(proto=proto, family=family)
            listening.append(entry)
    owner = owners(look, [entry["inode"] for entry in listening])
    value = []
    for entry in listening:
        pid = owner.get(entry["inode"])
        comm = look.peek("/proc/%d/comm" % pid) if pid else None
        state = look.stat("/proc/%d" % pid) if pid else None
        value.append(
            {
                "proto": entry["proto"],
                "family": entry["family"],
                "address": entry["address"],
                "port": entry["port"],
                "process": comm.strip() if comm else None,
                "exe": look.readlink("/proc/%d/exe" % pid) if pid else None,
                "pid": pid,
                "unit": unit_of_process(look, pid) if pid else None,
                "user": user_name(state.st_uid if state else entry["uid"]),
            }
        )
    value.sort(key=lambda entry: (entry["proto"], entry["port"], entry["family"], entry["address"]))
    return value
