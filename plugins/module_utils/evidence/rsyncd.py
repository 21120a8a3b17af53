# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The rsync daemon's configuration as it reads it. Its secrets file is never opened."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import MissingCommand, SourceError

VERSION = ("rsync", "--version")
CONFIG = "/etc/rsyncd.conf"
MAX_FILES = 100


def commands(reader, options):
    """Commands worth starting ahead."""
    return [VERSION]


def parse_version(text):
    """`rsync --version` -> (version, protocol or None)."""
    found = re.search(r"version\s+v?(\d+(?:\.\d+)+)(?:\S*)\s+protocol version (\d+)", text)
    return (found.group(1), int(found.group(2))) if found else ("", None)


def option_name(text):
    """Blanks do not count in names (rsyncd.conf(5)): 'Hosts  allow' -> 'hosts allow'."""
    return " ".join(text.lower().split())


def logical_lines(text):
    """Lines with continuations joined, comments and blanks left out."""
    pending = ""
    for line in text.splitlines():
        if not pending and line.lstrip()[:1] in ("#", ";"):
            continue
        if line.rstrip().endswith("\\"):
            pending += line.rstrip()[:-1]
            continue
        line = (pending + line).strip()
        pending = ""
        if line:
            yield line


def parse_config(text, included):
    """rsyncd.conf(5) -> (globals, {module: {option: value}}).

    Options before the first section, or in [global], are the globals, and the
    defaults of the modules after them; they are not copied into the modules.
    included(directive, path) -> [texts] for '&include' and '&merge'.
    """
    state = {"globals": {}, "modules": {}, "section": None}
    _parse_into(state, text, included, 0)
    return state["globals"], state["modules"]


def _parse_into(state, text, included, depth):
    """Add the lines of one file to the state."""
    if depth > 8:
        raise SourceError("rsyncd.conf: files include each other without end")
    for line in logical_lines(text):
        directive = re.match(r"^&(include|merge)\s+(.+)$", line)
        if directive:
            for inner in included(directive.group(1), directive.group(2).strip()):
                section = state["section"]
                # &include starts and ends in the global section; &merge goes on where it stands.
                if directive.group(1) == "include":
                    state["section"] = None
                _parse_into(state, inner, included, depth + 1)
                if directive.group(1) == "include":
                    state["section"] = section
            continue
        if line.startswith("[") and "]" in line:
            name = line[1:line.index("]")].strip()
            state["section"] = None if name.lower() == "global" else name
            if state["section"] is not None:
                state["modules"].setdefault(name, {})
            continue
        name, equals, value = line.partition("=")
        if not equals:
            continue
        target = state["globals"] if state["section"] is None else state["modules"][state["section"]]
        target[option_name(name)] = value.strip()


def _included(look):
    """Reader of included files: a directory's *.inc for &merge, *.conf for &include."""
    counter = [0]

    def texts(directive, path):
        paths = [path]
        names = look.listdir(path)
        if names:
            ending = ".inc" if directive == "merge" else ".conf"
            paths = [os.path.join(path, name) for name in names if name.endswith(ending)]
        counter[0] += len(paths)
        if counter[0] > MAX_FILES:
            raise SourceError("rsyncd.conf: more than %d included files" % MAX_FILES)
        return [look.read(one) for one in paths]

    return texts


def describe_secrets(state):
    """A stat result -> {mode, uid}; None for a missing file."""
    if state is None:
        return None
    return {"mode": "%04o" % (state.st_mode & 0o7777), "uid": state.st_uid, "bytes": state.st_size}


def collect(look, options):
    """rsync: modules are {} without a daemon configuration; of secrets files only mode, owner and size."""
    value = {"present": True, "version": "", "protocol": None, "modules": {}, "globals": {}, "config": None,
             "secrets_files": {}}  # type: dict
    try:
        value["version"], value["protocol"] = parse_version(look.must(VERSION))
        if not value["version"]:
            raise SourceError("rsync --version: names no version")
    except MissingCommand:
        value["present"] = False
    text = look.read_if_there(CONFIG)
    if text is None:
        return value
    value["config"] = CONFIG
    value["globals"], value["modules"] = parse_config(text, _included(look))
    for section in [value["globals"]] + list(value["modules"].values()):
        path = section.get("secrets file")
        if path:
            value["secrets_files"][path] = describe_secrets(look.stat(path))
    return value
