#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: config_transaction
short_description: Write a set of configuration files, check the whole, load it, or put everything back
version_added: 0.1.0
description:
  - Writes a set of files, links and directories as one transaction. After
    writing, the service's own check runs on the I(whole) configuration; only
    when it passes is the configuration loaded. When the check or the loading
    fails, every path is put back as it was and the error quotes the lines that
    the check printed, so that a broken file never stays on disk and the old
    process never stops serving.
  - A transaction that was cut off (killed run, reboot) leaves a journal in
    I(state_dir); the next run with the same I(name) finishes it, and would put
    back the state from before the first of the two.
  - One round trip to the server, however many files there are, and with O(transactions) however many transactions.
options:
  name:
    description: Name of the transaction, unique among all roles. Names the journal. Required without O(transactions).
    type: str
  files:
    description: What to write, in this order. Required without O(transactions).
    type: list
    elements: dict
    suboptions: &files
      path:
        description: Absolute path.
        type: path
        required: true
      state:
        description: What shall stand at the path.
        type: str
        choices: [file, link, absent, directory]
        default: file
      content:
        description: The file's text, written as UTF-8. For O(files[].state=file).
        type: str
      secret_content:
        description: As O(files[].content), but kept out of logs and diffs.
        type: str
      target:
        description: Where the link points. For O(files[].state=link).
        type: str
      exclusive:
        description:
          - For O(files[].state=directory), remove the files and links directly in it that no other entry of
            O(files) names.
        type: bool
        default: false
      keep:
        description:
          - For O(files[].exclusive=true), names (or shell patterns of names) that stay where they are there,
            without being asked for.
        type: list
        elements: str
        default: []
      owner:
        description: Name of the owner. Kept as it is when not given; root for a new file.
        type: str
      group:
        description: Name of the group. Kept as it is when not given; root for a new file.
        type: str
      mode:
        description: Octal mode, e.g. C(0644). For a new file without it, C(0644) (C(0755) for a directory).
        type: str
      mtime:
        description:
          - Time of last modification in seconds since 1970, for O(files[].state=file). What a web server tells as
            Last-Modified and ETag is then the same on every server. Left to the moment of writing when not given.
        type: int
  validate: &validate
    description:
      - Commands (each a list of words, no shell) that check the whole
        configuration after it was written. All must end with 0.
    type: list
    elements: list
    default: []
  expect: &expect
    description:
      - Questions about the whole configuration, and what the service has to answer. Asked after O(validate) and
        before O(apply), and also when nothing had to be written, so that what somebody added beside us is found.
        Not asked in check mode while something would change.
    type: list
    elements: dict
    default: []
    suboptions:
      command:
        description: The question, a list of words. Has to end with 0.
        type: list
        elements: str
        required: true
      lines:
        description: Lines that the answer has to hold; how many blanks there are between words doesn't matter.
        type: list
        elements: str
        required: true
  apply: &apply
    description:
      - Commands that load the new configuration (a reload, not a restart).
        Run when something changed or a former run was cut off.
    type: list
    elements: list
    default: []
  reload_former: &reload_former
    description:
      - Run O(apply) also after O(validate) or O(expect) refused what was written and the former files are back. The
        service never read the others; but some tell when they read their files by the time of a file of their own, and
        files that were put back are younger than that.
    type: bool
    default: false
  units: &units
    description:
      - Units of systemd that run now and after a reboot. Those that don't are enabled and started after O(apply), also
        when nothing had to be written. One that can't be started makes the transaction fail, and what it wrote is put
        back.
      - In check mode, a unit that isn't there yet counts as a change except on Debian, whose packages enable and start
        their services by themselves (deb-systemd-invoke(1p)).
    type: list
    elements: str
    default: []
  backup: &backup
    description: Keep a copy of each replaced file below C(state_dir/backups), the last ten transactions of this name.
    type: bool
    default: false
  transactions:
    description:
      - Several transactions, in this order, each with the options that this module has for one. Each is a whole of its
        own; the first that fails is the last, and those before it stay.
    type: list
    elements: dict
    suboptions:
      name:
        description: As O(name).
        type: str
        required: true
      files:
        description: As O(files).
        type: list
        elements: dict
        required: true
        suboptions: *files
      validate: *validate
      expect: *expect
      apply: *apply
      reload_former: *reload_former
      units: *units
      backup: *backup
  anew:
    description:
      - Names of transactions that run O(apply) also when nothing had to be written. For a service of which somebody
        changed what runs beside its files (rules flushed by hand, a setting of the kernel), see
        M(iepc.prep.standing).
    type: list
    elements: str
    default: []
  state_dir:
    description: Where journals and backups live; readable by root alone.
    type: path
    default: /var/lib/prep
attributes:
  check_mode:
    description: Says what would change without changing it; neither O(validate) nor O(apply) runs.
    support: full
  diff_mode:
    description: Shows each file's difference, secrets left out.
    support: full
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Write, check and load Apache's configuration
  iepc.prep.config_transaction:
    name: apache
    files:
      - path: /etc/apache2/sites-available/prep.conf
        content: "{{ lookup('ansible.builtin.template', 'vhost.conf.j2') }}"
        mode: "0644"
      - path: /etc/apache2/sites-enabled/prep.conf
        state: link
        target: ../sites-available/prep.conf
    validate:
      - [apachectl, -t]
    apply:
      - [systemctl, reload-or-restart, apache2]

- name: Write, check and load two configurations, one after the other, in one trip
  iepc.prep.config_transaction:
    transactions:
      - name: limits
        files:
          - {path: /etc/apache2/conf-available/limits.conf, content: "Timeout 30"}
        validate: [[apachectl, -t]]
      - name: journald
        files:
          - {path: /etc/systemd/journald.conf.d/60-prep.conf, content: "[Journal]"}
'''

RETURN = r'''
changed_paths:
  description: The paths that were, or in check mode would be, changed.
  returned: always
  type: list
  elements: str
loaded_anew:
  description: The transactions that only loaded, or in check mode would load, what was written before.
  returned: always
  type: list
  elements: str
resumed:
  description: Whether a transaction of this name that had been cut off was finished by this one.
  returned: always
  type: bool
restored:
  description: Whether everything was put back because a check or the loading failed.
  returned: failure
  type: bool
started_units:
  description: The units that were, or in check mode would be, enabled or started.
  returned: success
  type: list
  elements: str
backup_dir:
  description: Where the replaced files were kept.
  returned: when O(backup=true) and something changed
  type: str
'''

import fnmatch
import grp
import json
import os
import pwd
import shutil
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_bytes, to_native, to_text
from ansible_collections.iepc.prep.plugins.module_utils.file_state import (
    data_of,
    replace_with_file,
    replace_with_link,
    restore_state,
    saved_state,
)

BACKUPS_KEPT = 10
# Of init-system-helpers: where it is, a package's installation enables and starts its services.
STARTS_SERVICES = '/usr/bin/deb-systemd-helper'
RUNNING = ('active', 'activating', 'reloading')
# What can't be enabled or needs it not, systemctl(1), is-enabled.
AT_BOOT = ('enabled', 'enabled-runtime', 'static', 'indirect', 'generated', 'alias')
SECRET_SHOWN = '(secret, not shown)\n'


class Plan(object):
    """One entry of `files`: what is there, what is wanted, and whether they differ."""

    def __init__(self, entry):
        self.path = entry['path']
        self.kind = entry['state']
        self.target = entry['target']
        self.secret = entry['secret_content'] is not None
        text = entry['secret_content'] if self.secret else entry['content']
        self.data = None if text is None else to_bytes(text)
        self.before = saved_state(self.path)
        self.mtime = entry['mtime'] if self.kind == 'file' else None
        if self.mtime is not None and self.before['kind'] == 'file':
            self.before['mtime'] = int(os.stat(self.path).st_mtime)
        same_kind = self.before['kind'] == self.kind
        self.mode = self._mode(entry['mode'], same_kind)
        self.uid = _number(entry['owner'], pwd.getpwnam, 'pw_uid', self.before.get('uid', 0) if same_kind else 0)
        self.gid = _number(entry['group'], grp.getgrnam, 'gr_gid', self.before.get('gid', 0) if same_kind else 0)

    def _mode(self, given, same_kind):
        if given is not None:
            return int(given, 8)
        if same_kind and 'mode' in self.before:
            return self.before['mode']
        return 0o755 if self.kind == 'directory' else 0o644

    @property
    def differs(self):
        before = self.before
        if before['kind'] != self.kind:
            return True
        if self.kind == 'absent':
            return False
        if self.kind == 'link':
            return before['target'] != self.target
        if (before['mode'], before['uid'], before['gid']) != (self.mode, self.uid, self.gid):
            return True
        return self.kind == 'file' and (data_of(before) != self.data or before.get('mtime') != self.mtime)

    def write(self, module):
        parent = os.path.dirname(self.path)
        if self.kind != 'absent' and not os.path.isdir(parent):
            os.makedirs(parent, 0o755)
        if self.kind == 'absent':
            restore_state(self.path, {'kind': 'absent'})
        elif self.kind == 'link':
            replace_with_link(self.path, self.target)
        elif self.kind == 'directory':
            if not os.path.isdir(self.path):
                os.mkdir(self.path)
            os.chown(self.path, self.uid, self.gid)
            os.chmod(self.path, self.mode)
        else:
            replace_with_file(self.path, self.data, self.mode, self.uid, self.gid, self.mtime)
        # A renamed temporary file carries its own SELinux label; give it the policy's.
        if self.kind != 'absent' and module.selinux_enabled():
            module.set_default_selinux_context(self.path, False)

    def diff(self):
        head = {'before_header': self.path, 'after_header': self.path}
        if self.secret:
            return dict(head, before=SECRET_SHOWN if self.before['kind'] == 'file' else '',
                        after=SECRET_SHOWN.replace('not', 'changed, not'))
        return dict(head, before=_shown(self.before),
                    after=_shown({'kind': self.kind, 'target': self.target, 'mode': self.mode, 'uid': self.uid,
                                  'gid': self.gid, 'mtime': self.mtime}, self.data))


def strays(entries):
    """What exclusive directories hold besides the entries, as entries that remove it."""
    named = set(entry['path'] for entry in entries)
    found = []
    for entry in entries:
        if not entry['exclusive'] or not os.path.isdir(entry['path']):
            continue
        for name in sorted(os.listdir(entry['path'])):
            path = os.path.join(entry['path'], name)
            if path in named or any(fnmatch.fnmatchcase(name, pattern) for pattern in entry['keep']):
                continue
            if os.path.islink(path) or os.path.isfile(path):
                found.append({'path': path, 'state': 'absent', 'content': None, 'secret_content': None,
                              'target': None, 'owner': None, 'group': None, 'mode': None, 'mtime': None})
    return found


def _shown(state, data=None):
    """A state as text for a diff: content, with a last line for what content doesn't show."""
    if state['kind'] == 'absent':
        return ''
    if state['kind'] == 'link':
        return 'link to %s\n' % state['target']
    body = to_text(data if data is not None else data_of(state), errors='replace')
    of_time = '' if state.get('mtime') is None else ' mtime %d' % state['mtime']
    return '%s\n[%s mode %04o owner %d:%d%s]\n' % (
        body, state['kind'], state['mode'], state['uid'], state['gid'], of_time)


def _number(name, look_up, field, fallback):
    if name is None:
        return fallback
    if name.isdigit():
        return int(name)
    return getattr(look_up(name), field)


class Journal(object):
    """The saved states of a transaction under way, on disk until it is complete."""

    def __init__(self, state_dir, name):
        self.directory = os.path.join(state_dir, 'transactions')
        self.path = os.path.join(self.directory, name + '.json')
        self.states = {}
        self.pending = False
        try:
            with open(self.path, 'rb') as handle:
                self.states = json.loads(handle.read().decode('utf-8'))
            self.pending = True
        except (IOError, OSError, ValueError):
            # Absent, or cut off while it was first written: nothing had been changed then.
            self.states = {}

    def begin(self, plans):
        for plan in plans:
            # The state from before a transaction that was cut off is the one to go back to.
            self.states.setdefault(plan.path, plan.before)
        if not os.path.isdir(self.directory):
            os.makedirs(self.directory, 0o700)
        replace_with_file(self.path, json.dumps(self.states).encode('utf-8'), 0o600, 0, 0)

    def restore(self):
        # Contents before the directory that holds them, so that a new one is empty by then.
        for path in sorted(self.states, reverse=True):
            restore_state(path, self.states[path])

    def end(self):
        if os.path.exists(self.path):
            os.unlink(self.path)


def keep_backup(state_dir, name, plans):
    """Copy what is about to be replaced; return the directory, or None."""
    replaced = [plan for plan in plans if plan.before['kind'] == 'file']
    if not replaced:
        return None
    root = os.path.join(state_dir, 'backups', name)
    if not os.path.isdir(root):
        os.makedirs(root)
        os.chmod(os.path.dirname(root), 0o700)
    directory = os.path.join(root, time.strftime('%Y%m%dT%H%M%SZ', time.gmtime()))
    for plan in replaced:
        destination = os.path.join(directory, plan.path.lstrip('/'))
        if not os.path.isdir(os.path.dirname(destination)):
            os.makedirs(os.path.dirname(destination), 0o700)
        replace_with_file(destination, data_of(plan.before), 0o600, 0, 0)
    for old in sorted(os.listdir(root))[:-BACKUPS_KEPT]:
        shutil.rmtree(os.path.join(root, old), ignore_errors=True)
    return directory


def idle_units(module, units):
    """Of the units those that don't run now or won't after a reboot, as (name, commands that mend it)."""
    idle = []
    for unit in units:
        # A property a line; systemd 219 knows no --value.
        argv = ['systemctl', 'show', '--property=LoadState,ActiveState,UnitFileState', unit]
        _rc, out, _err = module.run_command(argv, environ_update={'LC_ALL': 'C', 'LANG': 'C'})
        said = dict(line.split('=', 1) for line in to_native(out).splitlines() if '=' in line)
        if said.get('LoadState') != 'loaded' and module.check_mode and os.path.exists(STARTS_SERVICES):
            continue
        commands = []
        if said.get('UnitFileState') not in AT_BOOT:
            commands.append(['systemctl', 'enable', unit])
        if said.get('ActiveState') not in RUNNING:
            commands.append(['systemctl', 'start', unit])
        if commands:
            idle.append((unit, commands))
    return idle


def start_units(module, units):
    """Enable and start what doesn't run; return None or one line that says what failed."""
    for _unit, commands in idle_units(module, units):
        failure = first_failure(module, commands)
        if failure:
            return failure
    return None


def first_failure(module, commands):
    """Run the commands in turn; return None or one line that says which failed, with its own words."""
    for argv in commands:
        words = [to_native(word) for word in argv]
        rc, out, err = module.run_command(words, environ_update={'LC_ALL': 'C', 'LANG': 'C'})
        if rc != 0:
            return ended_with(words, rc, out, err)
    return None


def ended_with(words, rc, out, err):
    """One failed command, with its own words."""
    said = (to_text(err, errors='replace') + to_text(out, errors='replace')).strip()
    # Of a script its first words tell which it was; its lines would hide what it said.
    shown = [word if '\n' not in word.strip() else '...' for word in words]
    return '`%s` ended with %d: %s' % (' '.join(shown), rc, said[-2000:] or 'no output')


def first_disappointment(module, questions):
    """Ask in turn; return None or one line that says which answer was not the expected one."""
    for question in questions:
        argv = [to_native(word) for word in question['command']]
        rc, out, err = module.run_command(argv, environ_update={'LC_ALL': 'C', 'LANG': 'C'})
        if rc != 0:
            return ended_with(argv, rc, out, err)
        answer = [line.split() for line in to_text(out, errors='replace').splitlines()]
        for line in question['lines']:
            words = to_text(line).split()
            if words in answer:
                continue
            instead = [' '.join(given) for given in answer if given[:1] == words[:1]]
            return '`%s`: expected "%s", got %s' % (
                ' '.join(argv), line, ', '.join('"%s"' % one for one in instead) or 'nothing like it')
    return None


def misused(entries):
    """The first entry whose keys don't fit its state, as an error; else None."""
    for entry in entries:
        given = [key for key in ('content', 'secret_content') if entry[key] is not None]
        if entry['state'] == 'file' and len(given) != 1:
            return 'files: %s: expected exactly one of content, secret_content' % entry['path']
        if entry['state'] == 'link' and not entry['target']:
            return 'files: %s: expected target for state link' % entry['path']
        if not entry['path'].startswith('/'):
            return 'files: %s: expected an absolute path' % entry['path']
    return None


class Refused(Exception):
    """A transaction that did not come about: one line, and what became of it."""

    def __init__(self, msg, **result):
        super(Refused, self).__init__(msg)
        self.result = dict(result, msg=msg)


def transact(module, params, state_dir):
    """Do one transaction; what it did. Raises Refused."""
    error = misused(params['files'])
    if error:
        raise Refused(error)
    try:
        plans = [Plan(entry) for entry in params['files'] + strays(params['files'])]
    except KeyError as exc:
        raise Refused('files: owner or group does not exist: %s' % to_native(exc))
    plans = [plan for plan in plans if plan.differs]
    journal = Journal(state_dir, params['name'])
    idle = [unit for unit, _commands in idle_units(module, params['units'])]
    anew = bool(params['apply']) and params['name'] in module.params['anew'] and not plans and not journal.pending
    result = {
        'changed': bool(plans) or journal.pending or bool(idle) or anew,
        'changed_paths': [plan.path for plan in plans],
        'started_units': idle,
        'loaded_anew': [params['name']] if anew else [],
        'resumed': journal.pending,
        'diff': [plan.diff() for plan in plans],
    }
    if not plans and not journal.pending:
        failure = first_disappointment(module, params['expect'])
        if failure:
            raise Refused(
                '%s: all is written, but something else overrules it: %s' % (params['name'], failure),
                restored=False, **without_changed(result))
    if module.check_mode or not result['changed']:
        return result
    if not plans and not journal.pending:
        failure = first_failure(module, params['validate'] + params['apply']) if anew else None
        failure = failure or start_units(module, params['units'])
        if failure:
            raise Refused('%s: %s' % (params['name'], failure), restored=False, **without_changed(result))
        return result

    journal.begin(plans)
    if params['backup']:
        kept = keep_backup(state_dir, params['name'], plans)
        if kept:
            result['backup_dir'] = kept
    failure = None
    try:
        for plan in plans:
            plan.write(module)
    except (IOError, OSError) as exc:
        failure = 'could not write: %s' % to_native(exc)
    failure = failure or first_failure(module, params['validate']) or first_disappointment(module, params['expect'])
    if failure:
        journal.restore()
        again = first_failure(module, params['apply']) if params['reload_former'] else None
        journal.end()
        raise Refused(
            '%s: nothing was changed: %s%s' % (
                params['name'], failure, '; loading the former one anew failed: ' + again if again else ''),
            restored=True, **without_changed(result))
    failure = first_failure(module, params['apply']) or start_units(module, params['units'])
    if failure:
        journal.restore()
        again = first_failure(module, params['apply'])
        journal.end()
        raise Refused(
            '%s: the former configuration is back: %s%s' % (
                params['name'], failure, '; loading the former one failed too: ' + again if again else ''),
            restored=True, **without_changed(result))
    journal.end()
    return result


def together(results):
    """What several transactions did, as one result."""
    lists = ('changed_paths', 'started_units', 'loaded_anew', 'diff')
    whole = dict(((key, []) for key in lists), changed=False, resumed=False)
    for result in results:
        for key in ('changed', 'resumed'):
            whole[key] = whole[key] or result[key]
        for key in lists:
            whole[key] = whole[key] + result[key]
        if 'backup_dir' in result:
            whole['backup_dir'] = result['backup_dir']
    return whole


def run(module):
    params = module.params
    done = []
    try:
        for one in params['transactions'] or [params]:
            done.append(transact(module, one, params['state_dir']))
    except Refused as refused:
        # What those before it changed stays, and is for Ansible to know.
        refused.result['changed'] = any(result['changed'] for result in done)
        module.fail_json(**refused.result)
    module.exit_json(**together(done))


def without_changed(result):
    return dict((key, value) for key, value in result.items() if key not in ('changed', 'changed_paths'))


def options_of_one(required):
    """Argument spec of what one transaction is; a function, for each use needs its own copy."""
    return dict(
        name=dict(type='str', required=required),
        files=dict(type='list', elements='dict', required=required, options=dict(
            path=dict(type='path', required=True),
            state=dict(type='str', choices=['file', 'link', 'absent', 'directory'], default='file'),
            content=dict(type='str'),
            secret_content=dict(type='str', no_log=True),
            target=dict(type='str'),
            exclusive=dict(type='bool', default=False),
            keep=dict(type='list', elements='str', default=[]),
            owner=dict(type='str'),
            group=dict(type='str'),
            mode=dict(type='str'),
            mtime=dict(type='int'),
        )),
        validate=dict(type='list', elements='list', default=[]),
        expect=dict(type='list', elements='dict', default=[], options=dict(
            command=dict(type='list', elements='str', required=True),
            lines=dict(type='list', elements='str', required=True),
        )),
        apply=dict(type='list', elements='list', default=[]),
        reload_former=dict(type='bool', default=False),
        units=dict(type='list', elements='str', default=[]),
        backup=dict(type='bool', default=False),
    )


def main():
    module = AnsibleModule(
        argument_spec=dict(
            options_of_one(required=False),
            transactions=dict(type='list', elements='dict', options=options_of_one(required=True)),
            anew=dict(type='list', elements='str', default=[]),
            state_dir=dict(type='path', default='/var/lib/prep'),
        ),
        mutually_exclusive=[['transactions', 'name'], ['transactions', 'files']],
        required_one_of=[['transactions', 'name']],
        required_together=[['name', 'files']],
        supports_check_mode=True,
    )
    run(module)


if __name__ == '__main__':
    main()
