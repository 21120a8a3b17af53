#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: safety_net
short_description: Let a server restore its own way in unless a new connection confirms the change
version_added: 0.1.0
description:
  - C(armed) takes a snapshot of the configuration that could lock somebody out
    and sets a timer on the server itself (C(systemd-run --on-active), systemd
    219 and newer). When nobody confirms in time, the server puts the snapshot
    back, restarts the services, lifts bans of the control nodes and writes down
    what had been wrong. A reboot in between restores too.
  - C(confirmed) cancels the timer. It drops the connection and makes a I(new)
    one first; that it arrives is the proof that the way in still works. When it
    can't connect, it waits for the server to restore itself, and then fails
    with what the server says was wrong.
  - C(settled) is for a run that failed on the way. It waits for a new
    connection likewise, cancels a timer that is still running, since the way in
    works, and tells what happened without failing.
  - When a net is armed already (a run that was cut off), its snapshot is kept,
    because it is older and known to work, and its time starts anew.
options:
  state:
    description: What to do.
    type: str
    choices: [armed, confirmed, settled]
    required: true
  timeout_s:
    description: Seconds until the server restores itself; on the controller, how long a new connection is tried.
    type: int
    default: 180
  paths:
    description: Absolute paths (files or directories) to snapshot; required to arm. One that does not exist yet is
      left alone by a restore.
    type: list
    elements: path
    default: []
  services:
    description: Units to restart after a restore, in this order; those that don't exist are passed over.
    type: list
    elements: str
    default: []
  reload_services:
    description: Units to reload after a restore, or to restart where they know no reload.
    type: list
    elements: str
    default: []
  control_nodes:
    description: Addresses that a restore unbans in fail2ban.
    type: list
    elements: str
    default: []
  state_dir:
    description: Where the snapshot and the records live; readable by root alone.
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

- name: Confirm over a new connection
  iepc.prep.safety_net:
    state: confirmed
    timeout_s: 120
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
restored:
  description: Whether the last net of this server ended in a restore.
  returned: always
  type: bool
reached:
  description: Whether a new connection could be made in time.
  returned: when O(state=settled)
  type: bool
msg:
  description: What a restore found wrong, in one sentence; empty when there was none.
  returned: when O(state=confirmed) or O(state=settled)
  type: str
record:
  description: What the net did last, with its UTC time.
  returned: always
  type: dict
  sample: {"event": "confirmed", "at": "2026-06-05T19:58:03Z"}
'''

import errno
import json
import os
import tarfile
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.iepc.prep.plugins.module_utils import restore_record, restore_script
from ansible_collections.iepc.prep.plugins.module_utils.file_state import replace_with_file

UNIT = 'prep-safety-net'
BOOT_UNIT = 'prep-safety-net-boot.service'
BOOT_UNIT_PATH = '/etc/systemd/system/' + BOOT_UNIT
# How long a restore that is under way may still take.
RESTORE_PATIENCE_S = 60


class Net(object):
    '''The net on this server: a directory with snapshot, restore script and records, a timer, a unit for boot.'''

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
        # The snapshot is the net; the timer only says when.
        return os.path.exists(self.file('snapshot.tar'))

    def command(self, *argv):
        rc, out, err = self.module.run_command(list(argv))
        if rc != 0:
            self.module.fail_json(msg='safety_net: `%s` ended with %d: %s' % (' '.join(argv), rc, (err or out).strip()))

    def stop_timer(self):
        # A transient timer is forgotten when it is stopped.
        self.module.run_command(['systemctl', 'stop', UNIT + '.timer'])

    def await_restore(self):
        '''Let a restore that has begun come to its end, the restart of services included.'''
        deadline = time.time() + RESTORE_PATIENCE_S
        while self.is_restoring() and time.time() < deadline:
            time.sleep(0.2)
        # A finished service may linger as failed, and would keep its name.
        self.module.run_command(['systemctl', 'reset-failed', UNIT + '.timer', UNIT + '.service'])

    def is_restoring(self):
        if os.path.exists(self.file('restoring.tar')):
            return True
        _rc, out, _err = self.module.run_command(['systemctl', 'show', '--property=ActiveState', UNIT + '.service'])
        return to_native(out).strip() in ('ActiveState=active', 'ActiveState=activating', 'ActiveState=deactivating')

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
        return temporary

    def write_restore(self, params):
        script = restore_script.script(
            self.directory, params['services'], params['reload_services'], params['control_nodes'])
        replace_with_file(self.file('restore'), script.encode('utf-8'), 0o700, 0, 0)
        unit = restore_script.boot_unit(self.directory).encode('utf-8')
        try:
            with open(BOOT_UNIT_PATH, 'rb') as handle:
                same = handle.read() == unit
        except (IOError, OSError):
            same = False
        if not same:
            replace_with_file(BOOT_UNIT_PATH, unit, 0o644, 0, 0)
            self.command('systemctl', 'daemon-reload')
            self.command('systemctl', 'enable', BOOT_UNIT)

    def arm(self, params):
        if not os.path.isdir(self.directory):
            os.makedirs(self.directory)
        os.chmod(self.directory, 0o700)
        self.stop_timer()
        self.await_restore()
        kept = self.armed
        # All that a restore needs is there before the snapshot, with which it is armed.
        self.write_restore(params)
        if not kept:
            temporary = self.snapshot(params['paths'])
            lines = ''.join(path + '\n' for path in params['paths'])
            replace_with_file(self.file('paths'), lines.encode('utf-8'), 0o600, 0, 0)
            os.rename(temporary, self.file('snapshot.tar'))
        self.command('systemd-run', '--unit=' + UNIT, '--on-active=%ds' % params['timeout_s'],
                     '--timer-property=AccuracySec=1s', self.file('restore'))
        self.write_record('armed')
        return kept

    def disarm(self):
        '''Take the snapshot away; False when there was none, since a restore came first or nothing was armed.'''
        try:
            os.unlink(self.file('snapshot.tar'))
        except OSError as exc:
            if exc.errno != errno.ENOENT:
                raise
            self.await_restore()
            return False
        self.stop_timer()
        self.write_record('confirmed')
        return True


def main():
    module = AnsibleModule(
        argument_spec=dict(
            state=dict(type='str', choices=['armed', 'confirmed', 'settled'], required=True),
            timeout_s=dict(type='int', default=180),
            paths=dict(type='list', elements='path', default=[]),
            services=dict(type='list', elements='str', default=[]),
            reload_services=dict(type='list', elements='str', default=[]),
            control_nodes=dict(type='list', elements='str', default=[]),
            state_dir=dict(type='path', default='/var/lib/prep/safety_net'),
        ),
        required_if=[('state', 'armed', ['paths'])],
        supports_check_mode=True,
    )
    net = Net(module)
    if module.check_mode:
        module.exit_json(changed=False, armed=net.armed, restored=False, record=net.record())
    try:
        if module.params['state'] == 'armed':
            kept = net.arm(module.params)
            module.exit_json(changed=True, armed=True, restored=False, kept_snapshot=kept, record=net.record())
        was_armed = net.disarm()
        record = net.record()
        restored = record.get('event') == 'restored'
        told = restore_record.in_words(record) if restored else ''
        if restored and module.params['state'] == 'confirmed':
            module.fail_json(msg='safety_net: ' + told, record=record, restored=True, armed=False)
        module.exit_json(changed=was_armed, armed=False, restored=restored, record=record, msg=told)
    except (IOError, OSError, ValueError) as exc:
        module.fail_json(msg='safety_net: %s' % to_native(exc))


if __name__ == '__main__':
    main()
