# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""fail2ban's jails as its server reports them: two processes, however many jails."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence import packages, services
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import as_int, first_line

CLIENT = "fail2ban-client"
STATUS = (CLIENT, "status")
# Reads commands from its standard input, one a line.
INTERACTIVE = (CLIENT, "-i")
_JAIL = re.compile(r"Status for the jail: (.+)$")
_FIELD = re.compile(r"^[\s|`-]*(Currently failed|Total failed|File list|Journal matches|Currently banned"
                    r"|Total banned|Banned IP list|IP list):\s*(.*)$")

# Between journal matches a plus sign means "or" (journalctl(1)).
_OR = re.compile(r"\s+\+\s+")


def commands(reader, options):
    """Commands worth starting ahead."""
    return [STATUS]


def parse_jail_list(text):
    """`fail2ban-client status` -> names of jails. Raises SourceError."""
    found = re.search(r"Jail list:[ \t]*(.*)$", text, re.M)
    if not found:
        raise SourceError("fail2ban-client status: no list of jails in its answer")
    return [name for name in re.split(r"[,\s]+", found.group(1)) if name]


def parse_jails(text):
    """Answers to several `status JAIL` -> {jail: {banned, total_banned, total_failed, watches, ...}}."""
    jails = {}
    jail = None
    for line in text.splitlines():
        title = _JAIL.search(line)
        if title:
            jail = {"banned": [], "watches": []}
            jail.update(dict.fromkeys(("total_banned", "total_failed", "failed")))
            jails[title.group(1).strip()] = jail
            continue
        field = _FIELD.match(line)
        if jail is None or not field:
            continue
        name, text_value = field.group(1), field.group(2).strip()
        if name == "Currently failed":
            jail["failed"] = as_int(text_value)
        elif name == "Total failed":
            jail["total_failed"] = as_int(text_value)
        elif name == "Total banned":
            jail["total_banned"] = as_int(text_value)
        elif name in ("Banned IP list", "IP list"):
            jail["banned"] = text_value.split()
        elif name == "File list":
            jail["watches"] = text_value.split()
        elif name == "Journal matches":
            jail["watches"] = [match for match in _OR.split(text_value) if match]
    return jails


def question(names):
    """What to ask in interactive mode."""
    return "".join("status %s\n" % name for name in names) + "exit\n"


def collect(look, options):
    """fail2ban: present false when it is not installed, running false when it was stopped."""
    if look.which(CLIENT) is None:
        look.source("which " + CLIENT)
        return {"present": False, "running": False, "version": "", "jails": {}}
    value = {"present": True, "running": False, "version": "", "jails": {}}
    installed = packages.installed(look)[1]
    value["version"] = packages.upstream(installed.get("fail2ban") or installed.get("fail2ban-server") or "")
    output = look.run(STATUS)
    if output.rc != 0:
        value["reason"] = first_line(output.err) or first_line(output.out)
        if "fail2ban" in services.active(look, ["fail2ban"]):
            raise SourceError("fail2ban is active but does not answer: %s" % value["reason"])
        return value
    value["running"] = True
    names = parse_jail_list(output.out)
    if not names:
        return value
    jails = parse_jails(look.must(INTERACTIVE, 5.0, question(names)))
    for name in names:
        if name not in jails:
            jails.update(parse_jails(look.must(STATUS + (name,))))
        if name not in jails:
            raise SourceError("fail2ban-client status %s: no answer for this jail" % name)
        sizes = {}
        for path in jails[name]["watches"]:
            if path.startswith("/"):
                state = look.stat(path)
                sizes[path] = state.st_size if state else None
        jails[name]["log_bytes"] = sizes
        value["jails"][name] = jails[name]
    return value
