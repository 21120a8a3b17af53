# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Version of one component, as itself or the package database names it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence import httpd, packages, rsyncd, sshd
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import MissingCommand, SourceError

DPKG_QUERY = ("dpkg-query", "-W", "-f", "${Package}\\t${Version}\\t${db:Status-Status}\\n", "--")
RPM_QUERY = ("rpm", "-q", "--qf", "%{NAME}\\t%{VERSION}-%{RELEASE}\\tinstalled\\n")
SYSTEMD = ("systemctl", "--version")
# Names of the same thing in different distributions.
PACKAGED = {
    "firewalld": ("firewalld",),
    "fail2ban": ("fail2ban", "fail2ban-server"),
    "modsecurity": ("libapache2-mod-security2", "mod_security"),
    "crs": ("modsecurity-crs", "mod_security_crs"),
    "suricata": ("suricata",),
    "aide": ("aide",),
}


def parse_openssl(text):
    """'OpenSSL 1.0.2k-fips  26 Jan 2017' -> '1.0.2k'."""
    found = re.match(r"\S+\s+(\d+\.\d+\.\d+[a-z]*)", text)
    return found.group(1) if found else ""


def parse_rsync(text):
    """`rsync --version` -> its version alone."""
    return rsyncd.parse_version(text)[0]


def parse_systemd(text):
    """`systemctl --version` -> '219', '257'; of 'systemd 252 (252.39-1~deb12u1)' too."""
    found = re.match(r"systemd (\d+)", text)
    return found.group(1) if found else ""


def parse_query(text):
    """Lines of name, version, status -> {name: version} of what is installed."""
    found = {}
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and fields[2] == "installed":
            found[fields[0]] = fields[1]
    return found


def packaged(look, names):
    """{name: upstream version} of those components, by one query of the package database."""
    wanted = [package for name in names for package in PACKAGED[name]]
    # Both queries end with rc 1 when one of the packages is not installed; that is an answer.
    query = DPKG_QUERY if look.which("dpkg-query") else RPM_QUERY
    found = parse_query(look.run(query + tuple(wanted)).out)
    versions = {}
    for name in names:
        installed = [found[package] for package in PACKAGED[name] if package in found]
        versions[name] = packages.upstream(installed[0]) if installed else ""
    return versions


def told(look, name):
    """What a component says of itself; '' when it is not installed. Raises SourceError."""
    if name == "httpd":
        program = httpd.binary(look)
        argv, parse = (program or "httpd", "-v"), httpd.parse_version
    elif name == "openssl":
        argv, parse = ("openssl", "version"), parse_openssl
    elif name == "rsync":
        argv, parse = rsyncd.VERSION, parse_rsync
    elif name == "systemd":
        argv, parse = SYSTEMD, parse_systemd
    else:
        argv, parse = sshd.VERSION, sshd.parse_version
    try:
        output = look.run(argv)
    except MissingCommand:
        return ""
    version = parse(output.out) or parse(output.err)
    if not version:
        raise SourceError("%s: names no version" % " ".join(argv))
    return version


def find(look, names):
    """{name: version} of the components named; '' for one that is not installed."""
    for name, argv in (
        ("openssl", ("openssl", "version")), ("rsync", rsyncd.VERSION), ("sshd", sshd.VERSION), ("systemd", SYSTEMD),
    ):  # fmt: skip
        if name in names:
            look.reader.prefetch(argv)
    by_package = [name for name in names if name in PACKAGED]
    found = packaged(look, by_package) if by_package else {}
    for name in names:
        if name not in found:
            found[name] = told(look, name)
    return found
