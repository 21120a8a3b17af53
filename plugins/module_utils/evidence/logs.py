# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""How long logs are kept: logrotate's effective settings per pattern."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import as_int

MAIN = "/etc/logrotate.conf"
FREQUENCIES = ("hourly", "daily", "weekly", "monthly", "yearly")
# Names that logrotate itself leaves out of an included directory (its default tabooext).
_TABOO = re.compile(
    r"(\.bak|\.dpkg-\w+|\.disabled|\.ucf-\w+|,v|\.rpm(?:save|orig|new)|\.swp|\.cfsaved|~|\.rhn-cfg-tmp-\S+)$"
)
_SCRIPTS = ("prerotate", "postrotate", "firstaction", "lastaction", "preremove")


def _apply(settings, line):
    """Take one directive into the settings."""
    words = line.split()
    word = words[0].lower()
    argument = words[1] if len(words) > 1 else None
    if word in FREQUENCIES:
        settings["frequency"] = word
    elif word in ("rotate", "maxage"):
        settings[word] = as_int(argument)
    elif word in ("size", "maxsize", "minsize"):
        settings[word] = argument
    elif word in ("compress", "nocompress"):
        settings["compress"] = word == "compress"
    elif word in ("dateext", "nodateext"):
        settings["dateext"] = word == "dateext"


def defaults():
    """What logrotate does when nothing is said: no old copy is kept."""
    return {"rotate": 0, "frequency": None, "maxage": None, "size": None, "maxsize": None, "minsize": None,
            "compress": False, "dateext": False}


def parse(text, config, settings):
    """One logrotate file -> [{config, pattern, rotate, frequency, maxage, ...}] and its includes.

    settings: the defaults so far; global lines of this file change them in place.
    Returns (entries, include paths).
    """
    entries = []
    includes = []
    patterns = []
    local = None
    script = False
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if script:
            script = line != "endscript"
            continue
        if local is None:
            if line.startswith("{") or line.endswith("{"):
                patterns.extend(_patterns(line.rstrip("{").lstrip("{")))
                local = dict(settings)
            elif line[0] in "/\"'*~" and "{" not in line:
                patterns.extend(_patterns(line))
            elif line.lower().startswith("include"):
                includes.extend(line.split()[1:2])
            else:
                _apply(settings, line)
            continue
        if line.startswith("}"):
            for pattern in patterns:
                entries.append(dict(local, config=config, pattern=pattern))
            patterns = []
            local = None
        elif line.split()[0] in _SCRIPTS:
            script = True
        else:
            _apply(local, line)
    return entries, includes


def _patterns(text):
    """'/var/log/a "/var/log/b c"' -> patterns."""
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', text)]


def collect(look, options):
    """logs.policy: files [] when logrotate is not installed or has no configuration."""
    text = look.read_if_there(MAIN)
    if text is None:
        return {"present": False, "files": []}
    settings = defaults()
    entries, includes = parse(text, MAIN, settings)
    for include in includes:
        paths = [include]
        names = look.listdir(include) if look.stat(include) is not None else []
        if names:
            paths = [os.path.join(include, name) for name in names if not _TABOO.search(name)]
        for path in paths:
            # Global lines of an included file hold for that file only.
            found, _nested = parse(look.read_if_there(path) or "", path, dict(settings))
            entries.extend(found)
    return {"present": True, "files": entries}
