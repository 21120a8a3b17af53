# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""ModSecurity: what its engine is set to in the files that Apache really reads."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence import httpd
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError

MODULE = "security2_module"
# Read only where httpd cannot list its files (2.4.6).
USUAL_FILES = (
    "/etc/httpd/conf/httpd.conf", "/etc/httpd/conf.modules.d/*.conf", "/etc/httpd/conf.d/*.conf",
    "/etc/httpd/modsecurity.d/*.conf", "/etc/httpd/modsecurity.d/activated_rules/*.conf",
    "/etc/httpd/modsecurity.d/local_rules/*.conf", "/etc/apache2/mods-enabled/*.conf",
    "/etc/modsecurity/*.conf",
)
# Rule files of the CRS: hundreds of kilobytes that never set the engine.
_RULES = re.compile(r"/(?:REQUEST|RESPONSE)-\d+[^/]*\.conf$|/modsecurity_crs_\d+[^/]*\.conf$")
_SECURITY_FILE = re.compile(r"(?i)modsec|mod_security|security2|crs|waf")
_ENGINE = re.compile(r"(?i)^\s*SecRuleEngine\s+[\"']?(On|Off|DetectionOnly)[\"']?\s*(?:#.*)?$")
_OPEN = re.compile(r"^\s*<\s*(\w+)([^>]*)>")
_CLOSE = re.compile(r"^\s*</\s*(\w+)")
_CRS = re.compile(r"OWASP (?:ModSecurity Core Rule Set|CRS)\s+ver\.?\s*(\d+(?:\.\d+)+)")
_CRS_MARK = re.compile(r"OWASP_CRS/(\d+(?:\.\d+)+)")
# Sections that only say whether lines count at all.
_TRANSPARENT = ("ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective", "ifsection")
SPELLING = {"on": "On", "off": "Off", "detectiononly": "DetectionOnly"}
MAX_FILES = 400


def parse_engine(text):
    """A configuration file -> [(section or '', engine, line number)] of its SecRuleEngine lines.

    The section is the enclosing one that narrows where the line applies, such as
    'VirtualHost *:80'; '' for the whole server.
    """
    found = []
    sections = []
    for number, line in enumerate(text.splitlines(), 1):
        opening = _OPEN.match(line)
        if opening:
            sections.append((opening.group(1), opening.group(2).strip()))
            continue
        if _CLOSE.match(line):
            if sections:
                sections.pop()
            continue
        engine = _ENGINE.match(line)
        if engine:
            narrow = [
                ("%s %s" % section).strip() for section in sections if section[0].lower() not in _TRANSPARENT
            ]
            found.append((" / ".join(narrow), SPELLING[engine.group(1).lower()], number))
    return found


def parse_crs_version(text):
    """A CRS file -> '3.3.4', None when it names none."""
    found = _CRS.search(text) or _CRS_MARK.search(text)
    return found.group(1) if found else None


def collect(look, options):
    """modsecurity: present means loaded into Apache; engine is the server-wide setting, the last one read.

    Where the module is loaded and nothing sets the engine it is Off (its default).
    """
    value = {"present": False, "engine": None, "crs_version": None, "config_files": [],
             "overrides": []}  # type: dict
    name = httpd.binary(look)
    if name is None:
        look.source("which apache2 httpd")
        return value
    output = look.run(httpd.test_command(look))
    modules = httpd.parse_modules(output.out)
    if not modules:
        raise SourceError("Apache's configuration does not pass its own test, so its modules are not known")
    if MODULE not in modules:
        return value
    value["present"] = True
    value["engine"] = "Off"
    files = httpd.parse_includes(output.out)
    if not files:
        for pattern in USUAL_FILES:
            files.extend(look.glob(pattern))
    if len(files) > MAX_FILES:
        raise SourceError("Apache reads %d files, at most %d are looked into" % (len(files), MAX_FILES))
    for path in files:
        if _RULES.search(path):
            if value["crs_version"] is None:
                # Its banner is in the first lines.
                value["crs_version"] = parse_crs_version(look.peek(path, 8192) or "")
            continue
        text = look.peek(path, 262144)
        if text is None:
            raise SourceError("%s: not readable" % path)
        settings = parse_engine(text)
        if settings or _SECURITY_FILE.search(path):
            value["config_files"].append(path)
            look.source(path)
        if value["crs_version"] is None and "crs" in path:
            value["crs_version"] = parse_crs_version(text)
        for section, engine, line in settings:
            if section:
                value["overrides"].append({"file": path, "line": line, "section": section, "engine": engine})
            else:
                value["engine"] = engine
    return value
