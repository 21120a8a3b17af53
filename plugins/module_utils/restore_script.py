# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What a server runs by itself to get its way in back: a shell script, and the unit that runs it at boot.

Plain sh, tar and find: it has to work when Python, the network or the configuration that it replaces does not.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

SCRIPT = r'''#!/bin/sh
# Written by iepc.prep (safety_net). Puts back what was saved before the last change, unless
# somebody confirmed over a new connection. Run by a timer; at boot with the argument "boot".
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
cd @STATE_DIR@ || exit 1

# Who renames the snapshot has it: a confirmation that comes now finds none. One that a power
# cut left half put back is put back again.
[ ! -f snapshot.tar ] || mv snapshot.tar restoring.tar || exit 1
[ -f restoring.tar ] || exit 0
rm -rf unpacked && mkdir -m 700 unpacked && tar -xpf restoring.tar -C unpacked || exit 1

one_line() { tr -d '"\\' | tr -cs '[:print:]' ' ' | cut -c 1-300; }
jails() { fail2ban-client status 2>/dev/null | sed -n 's/.*Jail list:[[:space:]]*//p' | tr -d ','; }

# What was wrong, asked before it is gone.
changed=$(while read -r path; do [ ! -e "$path" ] || find "$path" -type f -newer restoring.tar; done < paths | one_line)
sshd_says=$(sshd -t 2>&1 | head -n 1 | one_line)
banned=
if [ "${1:-}" != boot ] && command -v fail2ban-client >/dev/null; then
    for jail in $(jails); do
        for address in @CONTROL_NODES@; do
            fail2ban-client status "$jail" 2>/dev/null | grep -qwF -- "$address" && banned="$banned $address in $jail"
        done
    done
fi

# Kept for a person to read; never in the way of the restore.
rm -rf rejected
mkdir -m 700 rejected && while read -r path; do
    [ ! -e "$path" ] || cp -a --parents "$path" rejected/ 2>/dev/null || :
done < paths

# Each path by renames beside itself, so that a power cut leaves one or the other. What was not
# there before stays: it may be a package's, and a package does not bring its files a second time.
while read -r path; do
    [ -e "unpacked$path" ] || continue
    rm -rf "$path.prep-restored" "$path.prep-replaced"
    cp -a "unpacked$path" "$path.prep-restored" || continue
    [ ! -e "$path" ] || mv "$path" "$path.prep-replaced"
    mv "$path.prep-restored" "$path"
    rm -rf "$path.prep-replaced"
done < paths
command -v restorecon >/dev/null && xargs restorecon -RF < paths

printf '{"event": "restored", "at": "%s", "when": "%s", "changed": "%s", "sshd": "%s", "banned": "%s"}\n' \
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${1:-timer}" "$changed" "$sshd_says" "${banned# }" > last.json
cat last.json >> restores.jsonl
rm -rf unpacked restoring.tar

# At boot the services start after this, with what was put back.
[ "${1:-}" != boot ] || exit 0
for unit in @RESTART@; do
    systemctl cat "$unit" >/dev/null 2>&1 && systemctl restart "$unit"
done
for unit in @RELOAD@; do
    systemctl cat "$unit" >/dev/null 2>&1 && systemctl reload-or-restart "$unit"
done

# A ban outlives the restart of what imposed it.
tries=20
while [ -n "$banned" ] && [ $tries -gt 0 ] && ! fail2ban-client ping >/dev/null 2>&1; do
    tries=$((tries - 1))
    sleep 0.5
done
for address in @CONTROL_NODES@; do
    [ -z "$banned" ] || fail2ban-client unban "$address" >/dev/null 2>&1 ||
        for jail in $(jails); do fail2ban-client set "$jail" unbanip "$address" >/dev/null 2>&1; done
done
exit 0
'''

BOOT_UNIT = '''# Written by iepc.prep (safety_net): a timer does not outlive a reboot, the way in must.
[Unit]
Description=Restore the way in after a change that nobody confirmed
DefaultDependencies=no
Conflicts=shutdown.target
After=local-fs.target
Before=shutdown.target firewalld.service ssh.service sshd.service ssh.socket sshd.socket fail2ban.service
Before=apache2.service httpd.service rsync.service rsyncd.service
ConditionPathExistsGlob=@STATE_DIR@/*.tar

[Service]
Type=oneshot
ExecStart=@STATE_DIR@/restore boot

[Install]
WantedBy=sysinit.target
'''

WORD = re.compile(r'^[A-Za-z0-9_.:@/-]+$')


def _filled(text, values):
    for name, value in values.items():
        for word in value.split():
            if not WORD.match(word):
                raise ValueError('%s: expected words without spaces and quotes, got %r' % (name, word))
        text = text.replace('@%s@' % name.upper(), value)
    return text


def script(state_dir, restart, reload, control_nodes):
    """The restore script.

    :arg state_dir: directory of snapshot, paths and record
    :arg restart: units to restart after the restore, in this order
    :arg reload: units to reload, or restart where they can't
    :arg control_nodes: addresses that no ban may keep out
    :returns: text
    :raises ValueError: a word that a shell would take apart
    """
    return _filled(SCRIPT, {
        'state_dir': state_dir,
        'restart': ' '.join(restart),
        'reload': ' '.join(reload),
        'control_nodes': ' '.join(control_nodes),
    })


def boot_unit(state_dir):
    """The unit that restores at boot (systemd.unit(5); all its directives are older than systemd 219)."""
    return _filled(BOOT_UNIT, {'state_dir': state_dir})
