# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Apache as it would start: syntax, virtual hosts, modules and files, by one run of its own test."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import first_line

DUMPS = ("-t", "-D", "DUMP_VHOSTS", "-D", "DUMP_MODULES", "-D", "DUMP_INCLUDES", "-D", "DUMP_RUN_CFG")
_PLACE = r"\((?P<file>[^()]*?):(?P<line>\d+)\)"
_ONE_HOST = re.compile(r"^(?P<where>\S+:(?:\d+|\*))\s+(?P<name>\S+)\s+" + _PLACE + r"\s*$")
_SEVERAL = re.compile(r"^(?P<where>\S+:(?:\d+|\*))\s+is a NameVirtualHost\s*$")
_NAMED = re.compile(r"^\s+port (?P<port>\S+) namevhost (?P<name>\S+)\s+" + _PLACE + r"\s*$")
_ALIAS = re.compile(r"^\s+(?:wild )?alias (?P<name>\S+)\s*$")
_MODULE = re.compile(r"^ (\w+_module) \((?:static|shared)\)\s*$", re.M)
_INCLUDED = re.compile(r"^\s+\((?:\d+|\*)\) (/.+)$", re.M)
_RUN_CONFIG = (
    ("server_root", re.compile(r'^ServerRoot: "(.*)"', re.M)),
    ("document_root", re.compile(r'^Main DocumentRoot: "(.*)"', re.M)),
    ("error_log", re.compile(r'^Main ErrorLog: "(.*)"', re.M)),
    ("user", re.compile(r'^User: name="(.*?)"', re.M)),
    ("group", re.compile(r'^Group: name="(.*?)"', re.M)),
)


def binary(reader):
    """The server's program: apache2 (Debian) or httpd; None when there is none."""
    for name in ("apache2", "httpd"):
        if reader.which(name):
            return name
    return None


def test_command(reader):
    """The argv of its configuration test.

    Debian's binary needs the variables that apache2ctl sets; Red Hat's apachectl
    takes no options any more, and its binary needs no variables.
    """
    if reader.which("apache2"):
        return ("apache2ctl" if reader.which("apache2ctl") else "apache2",) + DUMPS
    return ("httpd",) + DUMPS


def commands(reader, options):
    """Commands worth starting ahead."""
    name = binary(reader)
    return [(name, "-v"), test_command(reader)] if name else []


def parse_version(text):
    """`httpd -v` -> '2.4.62'."""
    found = re.search(r"Apache/(\d+(?:\.\d+)+)", text)
    return found.group(1) if found else ""


def split_place(where):
    """'[::]:80', '*:443' -> (address, port as text)."""
    address, _colon, port = where.rpartition(":")
    return address.strip("[]"), port


def parse_vhosts(text):
    """DUMP_VHOSTS -> [{address, port, name, file, line, aliases, default}]; port is an int, or '*'.

    default: whether it answers requests that name no host of that address and port.
    """
    vhosts = []
    where = None
    first = False
    for line in text.splitlines():
        several = _SEVERAL.match(line)
        if several:
            where, first = several.group("where"), True
            continue
        match = _ONE_HOST.match(line)
        if match:
            where = match.group("where")
        else:
            match = _NAMED.match(line) if where else None
        if match:
            alone = match.re is _ONE_HOST
            address, port = split_place(where)
            vhosts.append(
                {
                    "address": address,
                    "port": int(port) if port.isdigit() else port,
                    "name": match.group("name"),
                    "file": match.group("file"),
                    "line": int(match.group("line")),
                    "aliases": [],
                    "default": alone or first,
                }
            )
            first = False
            continue
        alias = _ALIAS.match(line)
        if alias and vhosts:
            vhosts[-1]["aliases"].append(alias.group("name"))
        elif line and not line.startswith(" "):
            where = None
    return vhosts


def parse_modules(text):
    """DUMP_MODULES -> sorted names ('ssl_module')."""
    return sorted(set(_MODULE.findall(text)))


def mpm(modules):
    """The multi-processing module's name: 'event', 'worker', 'prefork'; '' when none is loaded."""
    for name in modules:
        found = re.match(r"mpm_(\w+)_module$", name)
        if found:
            return found.group(1)
    # Before 2.4 and in some builds it is linked in under its bare name.
    for name in ("event", "worker", "prefork"):
        if name + "_module" in modules:
            return name
    return ""


def parse_includes(text):
    """DUMP_INCLUDES -> files in the order they are read; [] where httpd has no such dump (2.4.6)."""
    begin = text.find("Included configuration files:")
    if begin < 0:
        return []
    section = []
    for line in text[begin:].splitlines()[1:]:
        if not line.startswith(" "):
            break
        section.append(line)
    files = []
    for path in _INCLUDED.findall("\n".join(section)):
        if path not in files:
            files.append(path)
    return files


def parse_run_config(text):
    """DUMP_RUN_CFG -> {server_root, document_root, error_log, user, group}; null where it does not say."""
    value = {}
    for name, pattern in _RUN_CONFIG:
        found = pattern.search(text)
        value[name] = found.group(1) if found else None
    return value


def absent():
    """The value where there is no Apache."""
    return {"present": False, "version": "", "mpm": "", "syntax_ok": False, "syntax_output": "", "vhosts": [],
            "modules": [], "run": {}}


def collect(look, options):
    """httpd"""
    name = binary(look)
    if name is None:
        look.source("which apache2 httpd")
        return absent()
    version = parse_version(look.must((name, "-v")))
    if not version:
        raise SourceError("%s -v: names no version" % name)
    output = look.run(test_command(look))
    # A configuration that does not pass is a finding, not a failure to read it.
    modules = parse_modules(output.out)
    if output.rc == 0 and not modules:
        raise SourceError("%s -t: passes, but lists no module: %s" % (name, first_line(output.err)))
    return {
        "present": True,
        "version": version,
        "mpm": mpm(modules),
        "syntax_ok": output.rc == 0,
        "syntax_output": output.err.strip()[:4000],
        "vhosts": parse_vhosts(output.out),
        "modules": modules,
        "run": parse_run_config(output.out),
    }
