#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: safety_net
short_description: Arm or cancel the server's own restore of its way in
version_added: 0.1.0
description:
  - C(armed) takes a snapshot of the configuration that could lock somebody out
    (sshd, firewall) and sets a timer on the server itself (C(systemd-run
    --on-active), systemd 219 and newer). When nobody cancels it, the server
    puts the snapshot back, restarts the services and writes down that it did.
  - C(confirmed) cancels the timer. Call it over a I(new) connection only; that
    it arrives is the proof that the way in still works.
  - When a net is armed already (a run that was cut off), its snapshot is kept,
    because it is older and known to work, and its time starts anew.
options:
  state:
    description: What to do.
    type: str
    choices: [armed, confirmed]
    required: true
  timeout_s:
    description: Seconds until the server restores itself.
    type: int
    default: 180
  paths:
    description: Absolute paths (files or directories) to snapshot. Required to arm.
    type: list
    elements: path
    default: []
  services:
    description: Units to restart after a restore, in this order; those that don't exist are passed over.
    type: list
    elements: str
    default: []
  state_dir:
    description: Where the snapshot and the record live; readable by root alone.
    type: path
    default: /var/lib/prep/safety_net
attributes:
  check_mode:
    description: Changes nothing and arms nothing.
    support: full
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Let the server restore itself unless this run confirms
  iepc.prep.safety_net:
    state: armed
    timeout_s: 120
    paths: [/etc/ssh, /etc/firewalld]
    services: [firewalld, ssh]

- name: Drop the connection, so that the next task needs a new one
  ansible.builtin.meta: reset_connection

- name: Confirm over the new connection
  iepc.prep.safety_net:
    state: confirmed
'''

RETURN = r'''
armed:
  description: Whether a restore is pending now.
  returned: always
  type: bool
kept_snapshot:
  description: Whether the snapshot of an earlier run that was cut off was kept.
  returned: when O(state=armed)
  type: bool
record:
  description: What the net did last, with its UTC time.
  returned: always
  type: dict
  sample: {"event": "confirmed", "at": "2026-06-05T19:58:03Z"}
'''

import json
import os
import tarfile
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.iepc.prep.plugins.module_utils.file_state import replace_with_file

UNIT = 'prep-safety-net'

# Plain sh and tar: it must work when everything else is broken. Files are put
# back by unpacking beside and renaming, so a power cut leaves one or the other.
RESTORE = r'''#!/bin/sh
# Restores what safety_net saved; run by its timer when nobody confirmed.
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd {state_dir} || exit 1
[ -f snapshot.tar ] || exit 0
rm -rf unpacked && mkdir -m 700 unpacked && tar -xpf snapshot.tar -C unpacked || exit 1
while read -r path; do
    rm -rf "$path.prep-before-restore"
    [ -e "$path" ] && mv "$path" "$path.prep-before-restore"
    [ -e "unpacked$path" ] && mv "unpacked$path" "$path"
    rm -rf "$path.prep-before-restore"
done < paths
command -v restorecon >/dev/null && xargs restorecon -RF < paths
for unit in {services}; do
    systemctl cat "$unit" >/dev/null 2>&1 && systemctl restart "$unit"
done
printf '{{"event": "restored", "at": "%s", "paths": "%s"}}\n' \
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(tr '\n' ' ' < paths)" > last.json
rm -rf unpacked snapshot.tar
'''


class Net(object):
    """The net on this server: a directory with snapshot, restore script and record, and a timer."""

    def __init__(self, module):
        self.module = module
        self.directory = module.params['state_dir']

    def file(self, name):
        return os.path.join(self.directory, name)

    def record(self):
        try:
            with open(self.file('last.json')) as handle:
                return json.load(handle)
        except (IOError, OSError, ValueError):
            return {}

    def write_record(self, event):
        entry = {'event': event, 'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}
        replace_with_file(self.file('last.json'), json.dumps(entry).encode('ascii'), 0o600, 0, 0)
        return entry

    @property
    def armed(self):
        rc, _out, _err = self.module.run_command(['systemctl', 'is-active', UNIT + '.timer'])
        return rc == 0

    def command(self, *argv):
        rc, out, err = self.module.run_command(list(argv))
        if rc != 0:
            self.module.fail_json(msg='safety_net: `%s` ended with %d: %s' % (' '.join(argv), rc, (err or out).strip()))

    def stop_timer(self):
        # A transient timer is forgotten when it is stopped; its finished service may linger as failed.
        self.module.run_command(['systemctl', 'stop', UNIT + '.timer'])
        self.module.run_command(['systemctl', 'reset-failed', UNIT + '.timer', UNIT + '.service'])

    def snapshot(self, paths):
        temporary = self.file('snapshot.tar.new')
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, 'wb') as stream:
            archive = tarfile.open(fileobj=stream, mode='w')
            for path in paths:
                if os.path.lexists(path):
                    archive.add(path, arcname=path)
            archive.close()
            stream.flush()
            os.fsync(stream.fileno())
        replace_with_file(self.file('paths'), ''.join(path + '\n' for path in paths).encode('utf-8'), 0o600, 0, 0)
        os.rename(temporary, self.file('snapshot.tar'))

    def arm(self, paths, services, timeout_s):
        if not os.path.isdir(self.directory):
            os.makedirs(self.directory)
        os.chmod(self.directory, 0o700)
        kept = os.path.exists(self.file('snapshot.tar'))
        if kept:
            self.stop_timer()
        else:
            self.snapshot(paths)
        script = RESTORE.format(state_dir=self.directory, services=' '.join(services))
        replace_with_file(self.file('restore'), script.encode('utf-8'), 0o700, 0, 0)
        self.command('systemd-run', '--unit=' + UNIT, '--on-active=%ds' % timeout_s,
                     '--timer-property=AccuracySec=1s', self.file('restore'))
        self.write_record('armed')
        return kept

    def confirm(self):
        self.stop_timer()
        if os.path.exists(self.file('snapshot.tar')):
            os.unlink(self.file('snapshot.tar'))
        return self.write_record('confirmed')


def main():
    module = AnsibleModule(
        argument_spec=dict(
            state=dict(type='str', choices=['armed', 'confirmed'], required=True),
            timeout_s=dict(type='int', default=180),
            paths=dict(type='list', elements='path', default=[]),
            services=dict(type='list', elements='str', default=[]),
            state_dir=dict(type='path', default='/var/lib/prep/safety_net'),
        ),
        required_if=[('state', 'armed', ['paths'])],
        supports_check_mode=True,
    )
    net = Net(module)
    if module.check_mode:
        module.exit_json(changed=False, armed=net.armed, record=net.record())
    try:
        if module.params['state'] == 'armed':
            kept = net.arm(module.params['paths'], module.params['services'], module.params['timeout_s'])
            module.exit_json(changed=True, armed=True, kept_snapshot=kept, record=net.record())
        record = net.record()
        if record.get('event') == 'restored':
            module.fail_json(msg='safety_net: nobody confirmed in time, so the server restored %s at %s' % (
                record.get('paths', ''), record.get('at', '?')), record=record, armed=False)
        was_armed = net.armed
        module.exit_json(changed=was_armed, record=net.confirm(), armed=False)
    except (IOError, OSError) as exc:
        module.fail_json(msg='safety_net: %s' % to_native(exc))


if __name__ == '__main__':
    main()
