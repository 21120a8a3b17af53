# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Accounts and scheduled jobs. Of a password only its class leaves the server."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.sockets import user_name
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import as_int, redacted

# Shells that let nobody in, wherever a distribution keeps them.
NO_LOGIN = ("nologin", "false", "sync", "shutdown", "halt")
USUAL_SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "csh", "tcsh", "fish", "rbash")
PERIODS = ("hourly", "daily", "weekly", "monthly")
AT_SPOOLS = ("/var/spool/at", "/var/spool/cron/atjobs")
# A queue's letter, then number and minute in hexadecimal (at(1)).
_AT_JOB = re.compile(r"^[a-zA-Z=][0-9a-f]{13}$")
_SYSTEM_CRON_LINE = re.compile(r"^(?:@\w+|(?:\S+\s+){4}\S+)\s+(\S+)\s+(.+)$")
_USER_CRON_LINE = re.compile(r"^(?:@\w+|(?:\S+\s+){4}\S+)\s+(.+)$")
_SETTING = re.compile(r"^\s*[A-Za-z_][A-Za-z0-9_]*\s*=")


def parse_passwd(text):
    """/etc/passwd -> [{name, uid, shell, home, field}]; lines that are no account are left out."""
    users = []
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) < 7 or as_int(fields[2]) is None:
            continue
        users.append(
            {
                "name": fields[0],
                "uid": int(fields[2]),
                # An empty shell field means /bin/sh (passwd(5)).
                "shell": fields[6].strip() or "/bin/sh",
                "home": fields[5],
                "field": fields[1],
            }
        )
    return users


def password_class(field):
    """A password field -> locked | hash | empty (crypt(5), shadow(5)). The field itself is not kept."""
    if field == "":
        return "empty"
    if field[0] in "!*" or field == "x":
        return "locked"
    return "hash"


def parse_shadow(text):
    """/etc/shadow -> {name: class}."""
    classes = {}
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) >= 2:
            classes[fields[0]] = password_class(fields[1])
    return classes


def parse_shells(text):
    """/etc/shells -> paths."""
    return [line.strip() for line in text.splitlines() if line.strip().startswith("/")]


def login_shells(look):
    """Shells that let somebody in: those of /etc/shells that are no nologin, and the usual ones."""
    listed = parse_shells(look.read_if_there("/etc/shells") or "")
    usual = [directory + name for directory in ("/bin/", "/usr/bin/") for name in USUAL_SHELLS]
    return set(path for path in listed + usual if os.path.basename(path) not in NO_LOGIN)


def parse_crontab(text, with_user):
    """A crontab -> [(user or None, command line)]; comments and settings are left out.

    with_user: the system's form, which names the user in the sixth field.
    """
    jobs = []
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#") or _SETTING.match(line):
            continue
        match = (_SYSTEM_CRON_LINE if with_user else _USER_CRON_LINE).match(line)
        if match:
            jobs.append((match.group(1) if with_user else None, redacted(line)))
    return jobs


def collect_users(look, options):
    """users: uid 0, uid 1000 and up, and whoever has a login shell.

    password is 'none' when /etc/shadow has no line for an account that refers to it.
    """
    users = parse_passwd(look.read("/etc/passwd"))
    if not users:
        raise SourceError("/etc/passwd: holds no account")
    classes = parse_shadow(look.read("/etc/shadow"))
    shells = login_shells(look)
    value = []
    for user in users:
        if user["uid"] != 0 and user["uid"] < 1000 and user["shell"] not in shells:
            continue
        in_passwd = user.pop("field")
        if in_passwd == "x":
            user["password"] = classes.get(user["name"], "none")
        else:
            user["password"] = password_class(in_passwd)
        user["login"] = user["shell"] in shells
        value.append(user)
    return value


def system_crontabs(look):
    """Files in the system's form; hidden ones and placeholders are none."""
    names = [name for name in look.listdir("/etc/cron.d") if not name.startswith(".")]
    return ["/etc/crontab"] + [os.path.join("/etc/cron.d", name) for name in names]


def cron_scripts(look):
    """[(period, path)] of the scripts that cron or anacron runs by themselves."""
    found = []
    for period in PERIODS:
        directory = "/etc/cron." + period
        names = [name for name in look.listdir(directory) if not name.startswith(".")]
        found.extend((period, os.path.join(directory, name)) for name in names)
    return found


def cron_files(look):
    """Every file of the system's own that schedules something."""
    return system_crontabs(look) + [path for _period, path in cron_scripts(look)]


def collect_crons(look, options):
    """crons: every job line of the system's and the users' crontabs, every script of /etc/cron.PERIOD, every
    job of at; passwords in them are masked."""
    jobs = []
    for path in system_crontabs(look):
        for user, line in parse_crontab(look.read_if_there(path) or "", True):
            jobs.append({"file": path, "user": user, "line": line})
    for directory in ("/var/spool/cron/crontabs", "/var/spool/cron"):
        for name in look.listdir(directory):
            path = os.path.join(directory, name)
            if name.startswith(".") or name in ("crontabs", "atjobs", "atspool", "lastrun", "tabs"):
                continue
            for _user, line in parse_crontab(look.read_if_there(path) or "", False):
                jobs.append({"file": path, "user": name, "line": line})
    for period, path in cron_scripts(look):
        jobs.append({"file": path, "user": "root", "line": "@" + period})
    for directory in AT_SPOOLS:
        for name in look.listdir(directory):
            if _AT_JOB.match(name):
                path = os.path.join(directory, name)
                state = look.stat(path)
                jobs.append({"file": path, "user": user_name(state.st_uid) if state else None, "line": "@at"})
    return jobs
