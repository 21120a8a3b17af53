# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What stands at a path, saved so that it can be put back exactly.

A saved state is a dict that survives JSON: ``kind`` is ``absent``, ``file``,
``link`` or ``directory``; a file has ``data`` (base64), ``mode``, ``uid`` and
``gid``, and ``mtime`` where that matters; a link has ``target``; a directory has ``mode``, ``uid`` and ``gid``.
"""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import errno
import os
import stat
import tempfile


def saved_state(path):
    """Return the saved state of ``path`` (see the module's head).

    Raises IOError/OSError when the path exists and can't be read.
    """
    try:
        info = os.lstat(path)
    except OSError as exc:
        if exc.errno in (errno.ENOENT, errno.ENOTDIR):
            return {'kind': 'absent'}
        raise
    if stat.S_ISLNK(info.st_mode):
        return {'kind': 'link', 'target': os.readlink(path)}
    owner = {'mode': stat.S_IMODE(info.st_mode), 'uid': info.st_uid, 'gid': info.st_gid}
    if stat.S_ISDIR(info.st_mode):
        return dict(owner, kind='directory')
    with open(path, 'rb') as handle:
        data = handle.read()
    return dict(owner, kind='file', data=base64.b64encode(data).decode('ascii'))


def data_of(state):
    """Return the bytes of a saved file; empty for every other kind."""
    return base64.b64decode(state.get('data', ''))


def restore_state(path, state):
    """Put ``path`` back as ``state`` says, each change by an atomic rename.

    A directory that was made since is removed only when it is empty: what
    somebody else put there is not ours to delete.
    """
    if state['kind'] == 'directory':
        if os.path.isdir(path):
            os.chmod(path, state['mode'])
            os.chown(path, state['uid'], state['gid'])
        return
    if state['kind'] == 'absent':
        if os.path.isdir(path) and not os.path.islink(path):
            try:
                os.rmdir(path)
            except OSError:
                pass
        elif os.path.lexists(path):
            os.unlink(path)
        return
    if state['kind'] == 'link':
        replace_with_link(path, state['target'])
        return
    replace_with_file(path, data_of(state), state['mode'], state['uid'], state['gid'], state.get('mtime'))


def replace_with_link(path, target):
    """Make ``path`` a symbolic link to ``target``, atomically."""
    directory = os.path.dirname(path)
    holder = tempfile.mkdtemp(prefix='.prep-', dir=directory)
    temporary = os.path.join(holder, 'link')
    try:
        os.symlink(target, temporary)
        os.rename(temporary, path)
    finally:
        os.rmdir(holder)


def replace_with_file(path, data, mode, uid, gid, mtime=None):
    """Write ``data`` (bytes) at ``path``: complete and on disk, or not at all.

    ``mtime``: when it was last modified, in seconds since 1970; now if None.
    """
    directory = os.path.dirname(path)
    handle, temporary = tempfile.mkstemp(prefix='.prep-', dir=directory)
    try:
        with os.fdopen(handle, 'wb') as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fchown(stream.fileno(), uid, gid)
            os.fsync(stream.fileno())
        if mtime is not None:
            os.utime(temporary, (mtime, mtime))
        os.rename(temporary, path)
    except Exception:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
