# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Installed packages: dpkg's own status file, or one `rpm -qa`."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError

DPKG_STATUS = "/var/lib/dpkg/status"
DPKG_LIMIT = 32 * 1024 * 1024
RPM = ("rpm", "-qa", "--qf", "%{NAME}\\t%{VERSION}-%{RELEASE}\\n")
# Journal of a run of dpkg that was broken off, dpkg(1); apt's marks, apt-mark(8); its last whole update, apt.conf(5).
DPKG_UPDATES = "/var/lib/dpkg/updates"
APT_STATES = "/var/lib/apt/extended_states"
APT_FETCHED = ("/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists")
# A cold rpm database of an old server is slow.
RPM_TIMEOUT = 15.0


def commands(reader, options):
    """Commands worth starting ahead."""
    return [] if reader.stat(DPKG_STATUS) is not None else [(RPM, RPM_TIMEOUT)]


def parse_dpkg(text, wanted=False):
    """/var/lib/dpkg/status -> {name: version} of what is fully installed.

    wanted: only what is neither held nor to be removed nor in need of a second installation.
    """
    found = {}
    name = status = version = None
    for line in text.splitlines() + [""]:
        if line.startswith("Package: "):
            name = line[9:].strip()
        elif line.startswith("Status: "):
            status = line[8:].split()
        elif line.startswith("Version: "):
            version = line[9:].strip()
        elif not line:
            if name and version and status and status[-1] == "installed":
                if not wanted or status[:2] == ["install", "ok"]:
                    found[name] = version
            name = status = version = None
    return found


def parse_rpm(text):
    """`rpm -qa` with name, tab, version-release -> {name: version-release}; the last of several wins."""
    found = {}
    for line in text.splitlines():
        name, tab, version = line.partition("\t")
        if tab:
            found[name] = version
    return found


def upstream(version):
    """'1:9.2p1-2+deb12u3' -> '9.2p1': without epoch, distribution's revision and repack marks."""
    version = version.partition(":")[2] if ":" in version else version
    version = version.rpartition("-")[0] if "-" in version else version
    return re.split(r"[+~]", version)[0]


def installed(look):
    """(manager, {name: version}). Raises SourceError."""
    if look.stat(DPKG_STATUS) is not None:
        look.source(DPKG_STATUS)
        manager = "dpkg"
        found = look.once("packages", lambda: parse_dpkg(look.read(DPKG_STATUS, DPKG_LIMIT)))
    else:
        manager = "rpm"
        found = parse_rpm(look.must(RPM, RPM_TIMEOUT))
    if not found:
        raise SourceError("%s: lists no installed package" % manager)
    return manager, found


def parse_auto(text):
    """apt's extended_states -> names of what is there for the sake of other packages."""
    found = set()
    for stanza in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line)
        if fields.get("Auto-Installed") == "1":
            found.add(fields.get("Package"))
    return found


def settled(look):
    """Names of the packages about which nothing is left to do: installed, whole, wanted for their own sake, sorted.

    Raises SourceError.
    """
    if look.stat(DPKG_STATUS) is None:
        return sorted(installed(look)[1])
    if look.listdir(DPKG_UPDATES):
        return []
    auto = parse_auto(look.read(APT_STATES, DPKG_LIMIT)) if look.stat(APT_STATES) is not None else set()
    return sorted(set(parse_dpkg(look.read(DPKG_STATUS, DPKG_LIMIT), wanted=True)) - auto)


def index_age(look, now):
    """Seconds since apt's index was fetched, as ansible-core's apt module reckons; -1 elsewhere or if never."""
    for path in APT_FETCHED:
        seen = look.stat(path)
        if seen is not None:
            return max(0, int(now - seen.st_mtime))
    return -1


def collect(look, options):
    """packages"""
    manager, found = installed(look)
    return {"manager": manager, "installed": found}
