# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a daemon runs what its files say: were they changed after it read them last?

`apachectl -t` and `sshd -T` tell what the files say, which is not what runs until the next reload. Both
daemons write their pid file anew each time they read their files, whoever asked them to (systemctl, a
signal, log rotation), so its time is when that was.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence import httpd, services, sshd
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import utc

# Where httpd cannot list its files (2.4.6).
USUAL_HTTPD_FILES = (
    "/etc/httpd/conf/httpd.conf", "/etc/httpd/conf.d/*.conf", "/etc/httpd/conf.modules.d/*.conf",
    "/etc/httpd/modsecurity.d/*.conf", "/etc/httpd/modsecurity.d/activated_rules/*.conf",
)
SSHD_CONFIG = "/etc/ssh/sshd_config"
_PID_FILE = re.compile(r'^PidFile: "(.*)"', re.M)
_INCLUDE = re.compile(r"(?im)^\s*Include\s+(.+?)\s*$")
MAX_FILES = 1000


def compare(look, units, pid_file, files):
    """{pid_file, loaded: time, changed: [files]}; loaded is None where no pid file tells the time.

    None where none of `units` runs: nothing was loaded. So it is with a sshd that a socket starts, which
    reads its files each time.

    The time of a file is that of its inode: it changes with `mv` and `cp -p` as well, which keep the time of
    the content. A directory's changes when a file in it comes, goes or is replaced; the one of the main file,
    the first of them, holds other things, too, and is left out.
    """
    if not services.active(look, units):
        return None
    value = {"pid_file": pid_file, "loaded": None, "changed": []}
    state = look.stat(pid_file) if pid_file else None
    if state is None:
        return value
    look.source("stat " + pid_file)
    value["loaded"] = utc(state.st_mtime)
    names = list(files)[:MAX_FILES]
    directories = set(os.path.dirname(name) for name in names) - set([os.path.dirname(name) for name in names[:1]])
    for name in names + sorted(directories):
        found = look.stat(name)
        if found is not None and found.st_ctime > state.st_mtime:
            value["changed"].append(name)
    return value


def apache(look):
    """Apache's files, as itself lists them."""
    if httpd.binary(look) is None:
        return None
    output = look.run(httpd.test_command(look))
    found = _PID_FILE.search(output.out)
    files = httpd.parse_includes(output.out)
    if not files:
        for pattern in USUAL_HTTPD_FILES:
            files.extend(look.glob(pattern))
    return compare(look, ("apache2", "httpd"), found.group(1) if found else None, files)


def secure_shell(look, options):
    """sshd's files: the main one and what it includes."""
    if look.which("sshd") is None:
        return None
    effective = sshd.effective(look, options["outside_source"], options)
    files = [SSHD_CONFIG]
    for patterns in _INCLUDE.findall(look.read_if_there(SSHD_CONFIG) or ""):
        for pattern in patterns.split():
            files.extend(look.glob(os.path.join("/etc/ssh", pattern.strip('"'))))
    return compare(look, ("ssh", "sshd"), effective.get("pidfile"), files)


def collect(look, options):
    """config.loaded"""
    return {"apache": apache(look), "sshd": secure_shell(look, options)}
