# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The directory that rsync fills, read as what it is: written by somebody else, who may be hostile.

Every component of a path is opened by itself and never through a link: with ``fchdir`` and a bare
name, since Python 2.7 has no ``openat``. A size that is not the manifest's is never read, so that
neither a sparse terabyte nor a pipe that says nothing holds anybody up.

What is learnt here decides whether a cut is refused. It does not decide what is published: that is
copied out by :meth:`Incoming.copy`, and counts for what was copied.
"""

from __future__ import absolute_import, division, print_function

import errno
import hashlib
import os
import stat

from ansible_collections.iepc.prep.plugins.module_utils.cuts import manifest

__metaclass__ = type

BLOCK = 1024 * 1024
# What no push of ours leaves behind, and no walk of ours shall take all night for.
MAX_ENTRIES = 2 * manifest.MAX_FILES
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


class Unusable(Exception):
    """What arrived can't be read as a cut: one line."""


class Incoming(object):
    """What stands below a directory. Changes the process's working directory.

    :arg cache: {path: [inode, size, mtime, ctime, sha256]} of an earlier look; brought up to date
    """

    def __init__(self, directory, cache=None):
        self.cache = cache if cache is not None else {}
        self._root = os.open(directory, _DIRECTORY)

    def close(self):
        """Leave the directory."""
        os.chdir("/")
        os.close(self._root)

    def small(self, name, limit):
        """The bytes of a file at the top; None if there is none.

        :raises Unusable: it is no plain file, or larger than ``limit``
        """
        try:
            handle = self._open(name)
        except (IOError, OSError) as problem:
            if problem.errno == errno.ENOENT:
                return None
            raise Unusable("%s: expected a plain file, found none" % name)
        with os.fdopen(handle, "rb") as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise Unusable("%s: expected at most %d bytes, found more" % (name, limit))
        return data

    def age(self, name, now):
        """For how many seconds a file at the top has been what it is; 0 if it is not there."""
        os.fchdir(self._root)
        try:
            return now - os.lstat(name).st_ctime
        except OSError:
            return 0

    def survey(self, files):
        """What is there: {path: sha256, or None for what is no plain file of the size expected}.

        :arg files: the manifest's
        """
        found, known = {}, {}
        self._entries = 0
        self._walk(self._root, u"", files, found, known)
        self.cache.clear()
        self.cache.update(known)
        for own in (manifest.MANIFEST, manifest.SIGNATURE):
            found.pop(own, None)
        return found

    def _walk(self, directory, prefix, files, found, known):
        os.fchdir(directory)
        for raw in os.listdir(b"."):
            self._entries += 1
            if self._entries > MAX_ENTRIES:
                raise Unusable("there are more than %d files and directories" % MAX_ENTRIES)
            try:
                path = prefix + raw.decode("utf-8")
            except UnicodeDecodeError:
                found[prefix + raw.decode("latin-1") + u" (not UTF-8)"] = None
                continue
            if not stat.S_ISDIR(os.lstat(raw).st_mode):
                found[path] = self._digest(raw, path, files.get(path), known)
            elif path.count("/") >= manifest.MAX_DEPTH:
                found[path] = None
            else:
                inside = os.open(raw, _DIRECTORY)
                try:
                    self._walk(inside, path + u"/", files, found, known)
                finally:
                    os.close(inside)
                    os.fchdir(directory)

    def _digest(self, raw, path, entry, known):
        if entry is None:
            return None
        try:
            handle = os.open(raw, _FILE)
        except OSError:
            return None
        with os.fdopen(handle, "rb") as stream:
            info = os.fstat(handle)
            if not stat.S_ISREG(info.st_mode) or info.st_size != entry[1]:
                return None
            seen = self.cache.get(path)
            state = [info.st_ino, info.st_size, _exact(info, "mtime"), _exact(info, "ctime")]
            if not seen or seen[:4] != state:
                seen = state + [_hash(stream, entry[1])]
            known[path] = seen
            return seen[4]

    def copy(self, path, entry, out):
        """Copy a file's bytes.

        :arg entry: the manifest's [sha256, size, mtime]
        :arg out: a file open for writing
        :raises Unusable: what was copied is not what the manifest says
        """
        digest, left = hashlib.sha256(), entry[1]
        try:
            handle = self._open(path)
        except (IOError, OSError) as problem:
            raise Unusable("altered: %s (%s)" % (path, os.strerror(problem.errno)))
        with os.fdopen(handle, "rb") as stream:
            for block in _blocks(stream, left):
                left -= len(block)
                digest.update(block)
                out.write(block)
        if left or digest.hexdigest() != entry[0]:
            raise Unusable("altered: %s (while it was copied)" % path)

    def _open(self, path):
        """Open a plain file, component by component."""
        os.fchdir(self._root)
        names = path.encode("utf-8").split(b"/")
        for name in names[:-1]:
            inside = os.open(name, _DIRECTORY)
            os.fchdir(inside)
            os.close(inside)
        handle = os.open(names[-1], _FILE)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, "no plain file")
        return handle


def _blocks(stream, size):
    """A stream's bytes, never more than ``size`` of them, block by block."""
    while size > 0:
        block = stream.read(min(BLOCK, size))
        if not block:
            return
        size -= len(block)
        yield block


def _hash(stream, size):
    digest = hashlib.sha256()
    for block in _blocks(stream, size):
        digest.update(block)
    return digest.hexdigest()


def _exact(info, name):
    """A time as exactly as this Python gives it, in a form that JSON keeps."""
    return str(getattr(info, "st_%s_ns" % name, None) or repr(getattr(info, "st_%s" % name)))
