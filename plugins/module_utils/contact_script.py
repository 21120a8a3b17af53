# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The first words with a server: one POSIX sh script that only reads.

It needs no Python on the server, since whether there is one, and which, is
among what it finds out.  Its output is sections

    ##prep:NAME
    lines...

from ``##prep:begin`` to ``##prep:end``; anything before (a banner) is ignored,
and a missing end means that the contact broke off.
"""

from __future__ import absolute_import, division, print_function

import re

__metaclass__ = type

MARK = "##prep:"

# Where a Python may be.  Versions without patch level are what distributions install.
PYTHONS = (
    "/usr/libexec/platform-python",
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python3.9",
    "python3.8",
    "python3.7",
    "python3.6",
    "python2.7",
    "python",
)

# Programs that may hang (a dead network file system, a locked package manager)
# get five seconds; `timeout` is in coreutils on every target.
_SCRIPT = r"""
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
LC_ALL=C; export LC_ALL
say() { printf '##prep:%s\n' "$1"; }
if command -v timeout >/dev/null 2>&1; then soon() { timeout 5 "$@"; }; else soon() { "$@"; }; fi
say begin
say epoch; date +%s.%N
say uid; id -u
say kernel; uname -s -r -m
say os_release; cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release 2>/dev/null
say redhat_release; cat /etc/redhat-release 2>/dev/null
say debian_version; cat /etc/debian_version 2>/dev/null
say pythons
for p in @PYTHONS@; do
    path=$(command -v "$p" 2>/dev/null) || continue
    printf '%s ' "$path"
    soon "$path" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || echo broken
done
say disk
for d in / /var /srv; do
    [ -d "$d" ] || continue
    printf '%s ' "$d"
    soon df -P -k "$d" 2>/dev/null | sed -n '2p' | { read -r _ size _ free _; echo "${size:-?} ${free:-?}"; }
done
say memory; sed -n 's/^MemTotal:[^0-9]*\([0-9]*\).*/\1/p' /proc/meminfo 2>/dev/null
say ssh_connection
# sudo drops the variable, so the processes above are asked too.
found=$SSH_CONNECTION; pid=$PPID; hops=0
while [ -z "$found" ] && [ "${pid:-0}" -gt 1 ] && [ "$hops" -lt 12 ]; do
    found=$({ tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p' | head -n 1; } 2>/dev/null)
    pid=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$pid/status" 2>/dev/null)
    hops=$((hops + 1))
done
printf '%s\n' "$found"
say login
# Who logs in, before any sudo: from the hardening on this account needs a key, and PAM refuses one
# whose password has expired. Of the shadow file only its days are read (shadow(5)).
user=${SUDO_USER:-$(id -un)}
home=$(soon getent passwd "$user" 2>/dev/null | cut -d: -f6)
keys=$(cat "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2" \
    "/etc/ssh/prep_authorized_keys/$user" 2>/dev/null |
    grep -cE '^[^#]*(ssh|ecdsa|sk-)[-a-z0-9@.]* AAAA')
echo "user $user"
echo "keys ${keys:-0}"
echo "days $(soon getent shadow "$user" 2>/dev/null | cut -d: -f3,5,7,8)"
say selinux
if [ "$(getenforce 2>/dev/null)" = Enforcing ]; then
    echo enforcing
    soon semanage port -l -n 2>/dev/null | sed -n 's/^\([a-z0-9_]*_port_t\) *tcp  */\1 /p'
fi
say systemd
if [ -d /run/systemd/system ]; then echo running; fi
systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p'
say zone; TZ=America/Monterrey date -d '2027-06-06 20:00' +%z 2>/dev/null
say package_manager
for p in dnf yum apt-get; do if command -v $p >/dev/null 2>&1; then echo $p; fi; done
say firewalls
active() { [ "$(soon systemctl is-active "$1" 2>/dev/null)" = active ]; }
if grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf && command -v ufw >/dev/null 2>&1; then echo ufw; fi
if active nftables.service; then echo nftables; fi
if active netfilter-persistent.service; then echo netfilter-persistent; fi
if active iptables.service || active ip6tables.service; then echo iptables; fi
if active shorewall.service; then echo shorewall; fi
if active csf.service || active lfd.service; then echo csf; fi
if active docker.service; then echo docker; fi
if active firewalld.service; then echo firewalld; fi
say end
"""


def contact_script(interpreter=None):
    """The script to run on a server.

    :param interpreter: path of the Python that the inventory sets
        (``ansible_python_interpreter``), looked at in addition.
    :returns: text for ``/bin/sh``.
    """
    names = list(PYTHONS)
    if interpreter and interpreter not in names:
        # Single quotes are closed, escaped and opened again: the value is the inventory's.
        names.insert(0, "'%s'" % interpreter.replace("'", "'\\''"))
    return _SCRIPT.replace("@PYTHONS@", " ".join(names)).strip() + "\n"


def sections(output):
    """The script's output by section.

    :param output: standard output, possibly with a banner before it and CR LF ends.
    :returns: ``{name: [lines]}``; ``end`` is there only if the script came to its end.
    """
    found, lines = {}, None
    for line in re.split(r"\r?\n", output or ""):
        if line.startswith(MARK):
            name = line[len(MARK) :].strip()
            if name == "begin":
                found, lines = {}, None
                continue
            lines = found.setdefault(name, [])
        elif lines is not None and line.strip():
            lines.append(line.rstrip())
    return found
