# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The operating system, its size, its disks, how long it has been up."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re
import shlex

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import as_int


def parse_os_release(text):
    """os-release(5) -> {id, version_id, name, pretty, id_like}."""
    fields = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            # shlex of Python 2 wants str, which there is bytes.
            words = shlex.split(str(value))
        except (ValueError, UnicodeError):
            words = [value.strip("\"'")]
        fields[name] = words[0] if words else ""
    return {
        "id": fields.get("ID", ""),
        "version_id": fields.get("VERSION_ID", ""),
        "name": fields.get("NAME", ""),
        "pretty": fields.get("PRETTY_NAME", ""),
        "id_like": fields.get("ID_LIKE", ""),
    }


def parse_memory(meminfo):
    """/proc/meminfo -> MiB of memory, None when it does not say."""
    found = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.M)
    return int(found.group(1)) // 1024 if found else None


def count_processors(stat):
    """/proc/stat -> processors on line."""
    return len(re.findall(r"^cpu\d+ ", stat, re.M))


def collect_release(look, options):
    """os.release"""
    text = look.read_if_there("/etc/os-release")
    if text is None:
        text = look.read("/usr/lib/os-release")
    release = parse_os_release(text)
    if not release["id"]:
        raise SourceError("os-release: has no ID")
    return release


def collect_kernel(look, options):
    """os.kernel"""
    look.source("uname(2)")
    return look.reader.uname()


def collect_hardware(look, options):
    """hardware"""
    value = {
        "memory_mb": parse_memory(look.read("/proc/meminfo")),
        "processors": count_processors(look.read("/proc/stat")),
    }
    if not value["memory_mb"] or not value["processors"]:
        raise SourceError("/proc: tells neither memory nor processors in a known form")
    return value


def collect_reboot(look, options):
    """reboot"""
    found = re.match(r"(\d+\.\d+) ", look.read("/proc/uptime"))
    if not found:
        raise SourceError("/proc/uptime: no number of seconds")
    return {"uptime_s": float(found.group(1))}


def collect_disk(look, options):
    """disk: MiB in all and MiB free for an unprivileged writer; a path that is not there has nulls."""
    found = {}
    for path in ("/", "/var/log", options["content_root"]):
        look.source("statvfs " + path)
        state = look.statvfs(path)
        if state is None:
            found[path] = {"total_mb": None, "free_mb": None}
        else:
            found[path] = {
                "total_mb": state.f_blocks * state.f_frsize // 1048576,
                "free_mb": state.f_bavail * state.f_frsize // 1048576,
            }
    return found


def pids(look):
    """Process ids at this moment. Raises SourceError when /proc shows none."""
    found = [as_int(name) for name in look.listdir("/proc") if name.isdigit()]
    if not found:
        raise SourceError("/proc: shows no process")
    return sorted(found)
