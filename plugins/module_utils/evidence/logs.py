# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""How long logs are kept (logrotate's settings per pattern), who else deletes them, and what they take."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import re
import stat

from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import as_int

MAIN = "/etc/logrotate.conf"
DIRECTORIES = ("/var/log", "/var/log/apache2", "/var/log/httpd", "/var/log/suricata", "/var/log/aide")
JOURNAL = "/var/log/journal"
TMPFILES = ("/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/lib/tmpfiles.d")
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


def parse_tmpfiles(text, config):
    """A file of tmpfiles.d(5) -> [{file, path, age}] of lines with an age for something below /var/log."""
    found = []
    for line in text.splitlines():
        words = line.split()
        # Type, path, mode, user, group, age.
        if len(words) >= 6 and not line.lstrip().startswith("#") and words[1].startswith("/var/log"):
            if words[5] not in ("-", ""):
                found.append({"file": config, "path": words[1], "age": words[5]})
    return found


def collect_cleaners(look, options):
    """logs.cleaners: a file of /etc or /run hides the one of the same name in /usr/lib."""
    by_name = {}
    for directory in TMPFILES:
        for name in look.listdir(directory):
            if name.endswith(".conf"):
                by_name.setdefault(name, os.path.join(directory, name))
    found = []
    for name in sorted(by_name):
        found.extend(parse_tmpfiles(look.read_if_there(by_name[name]) or "", by_name[name]))
    return found


def collect_usage(look, options):
    """logs.usage: bytes of the files in /var/log and in the directories that grow, rounded up to MiB in all."""
    found = {}
    journal = [os.path.join(JOURNAL, name) for name in look.listdir(JOURNAL)]
    for directory in DIRECTORIES + tuple(journal):
        look.source(directory)
        found[directory] = 0
        for name in look.listdir(directory):
            state = look.stat(os.path.join(directory, name))
            if state is not None and stat.S_ISREG(state.st_mode):
                found[directory] += state.st_size
    found = dict((directory, found[directory]) for directory in found if found[directory])
    return {"bytes": found, "total_mb": -(-sum(found.values()) // 1048576)}
