# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The cuts that a mirror keeps, and the link that says which one it shows.

    ROOT/cuts/ID/         a cut, whole from the moment it has this name
    ROOT/current          link to one of them; replaced by a rename, so a reader never meets neither

A file that a kept cut has already, unchanged, is linked and not copied: a cut of which a tenth
changed costs a tenth of the disk and of the writing. All are files of this program's own account;
what rsync received is copied, never linked, so nobody who writes there can write here.

Paths are bytes throughout: under a service's plain locale Python 2.7 and 3.6 can't open others.
"""

from __future__ import absolute_import, division, print_function

import errno
import gzip
import os
import shutil

from ansible_collections.iepc.prep.plugins.module_utils.cuts import manifest

__metaclass__ = type

ZERO = "zero"
# What compresses badly, or not worth a second file.
LEAST_BYTES = 1024
COMPRESS_LEVEL = 6


class Shelf(object):
    """The cuts below a root."""

    def __init__(self, root):
        self.root = _fs(root)
        self.cuts = os.path.join(self.root, b"cuts")
        self.current = os.path.join(self.root, b"current")
        self._building = os.path.join(self.cuts, b".new")
        self._manifests = {}

    def _at(self, name, path=""):
        """Where a cut lies, or a file of it."""
        return os.path.join(self.cuts, _fs(name), _fs(path)) if path else os.path.join(self.cuts, _fs(name))

    def shown(self):
        """The name of what is shown; None if that is nothing whole."""
        try:
            name = os.path.basename(os.readlink(self.current).rstrip(b"/")).decode("ascii", "replace")
        except OSError:
            return None
        return name if os.path.isdir(self._at(name)) else None

    def names(self):
        """The cuts kept, the latest first; without the zero state."""
        dated = []
        for name in self._directories():
            known = self.manifest_of(name)
            if known:
                dated.append((manifest.order(known["cut"]), name))
        return [name for _order, name in sorted(dated, reverse=True)]

    def _directories(self):
        names = [name.decode("ascii", "replace") for name in os.listdir(self.cuts)]
        return [name for name in names if not name.startswith(".") and name != ZERO]

    def manifest_of(self, name):
        """A kept cut's manifest; None for what has none, such as the zero state."""
        if name not in self._manifests:
            try:
                with open(self._at(name, manifest.MANIFEST), "rb") as stream:
                    # This program put it there after it had judged it; it is read five times with each cut.
                    self._manifests[name] = manifest.reread(stream.read(manifest.MANIFEST_BYTES + 1))
            except (IOError, OSError, manifest.ManifestError):
                return None
        return self._manifests[name]

    def build(self, wanted, manifest_bytes, signature_bytes, copy):
        """Have a cut on the shelf: complete and on disk under its name, or not at all.

        :arg wanted: the parsed manifest
        :arg copy: function(path, entry, open file), for what no kept cut has
        """
        place = self._at(wanted["cut"]["id"])
        if os.path.isdir(place):
            return
        self.forget_half()
        donors = [(name, self.manifest_of(name)["files"]) for name in self._donors()]
        os.mkdir(self._building, 0o755)
        try:
            directories = [self._building]
            for path in manifest.directories_of(wanted["files"]):
                directories.append(os.path.join(self._building, _fs(path)))
                os.mkdir(directories[-1], 0o755)
            written = []
            for path, entry in sorted(wanted["files"].items()):
                target = os.path.join(self._building, _fs(path))
                if not self._link(donors, path, entry, target, wanted["files"]):
                    with open(target, "wb") as out:
                        copy(path, entry, out)
                    os.utime(target, (entry[2], entry[2]))
                    written.append(target)
            for name, data in ((manifest.MANIFEST, manifest_bytes), (manifest.SIGNATURE, signature_bytes)):
                target = os.path.join(self._building, _fs(name))
                with open(target, "wb") as out:
                    out.write(data)
                os.utime(target, (wanted["cut"]["made"], wanted["cut"]["made"]))
                written.append(target)
            _all_to_disk(self._building, written + directories)
            os.rename(self._building, place)
            _to_disk(self.cuts)
        except BaseException:
            # A full disk, above all: the old cut needs its room for a status and a log.
            self.forget_half()
            raise

    def _donors(self):
        """Kept cuts to link from: what is shown, then the latest."""
        shown = self.shown()
        first = [shown] if shown and self.manifest_of(shown) else []
        return first + [one for one in self.names()[:2] if one != shown]

    def _link(self, donors, path, entry, target, files):
        for name, have in donors:
            if have.get(path) != entry:
                continue
            source = self._at(name, path)
            try:
                os.link(source, target)
            except OSError:
                continue
            if path + ".gz" not in files and path + ".gz" not in have:
                try:
                    os.link(source + b".gz", target + b".gz")
                except OSError:
                    pass  # it had none
            return True
        return False

    def show(self, name):
        """Switch what readers get, in one step."""
        temporary = os.path.join(self.root, b".current")
        if os.path.lexists(temporary):
            os.unlink(temporary)
        os.symlink(os.path.join(b"cuts", _fs(name)), temporary)
        os.rename(temporary, self.current)
        _to_disk(self.root)

    def compress(self, name, extensions):
        """Put FILE.gz beside each text of a cut that has none; each appears whole or not at all.

        It is done after the switch: until then the web server compresses on the way out.
        """
        known = self.manifest_of(name)
        workshop = os.path.join(self.cuts, b".gz")
        shutil.rmtree(workshop, ignore_errors=True)
        os.mkdir(workshop, 0o755)
        made = []
        for path, entry in sorted(known["files"].items()) if known else []:
            target = self._at(name, path)
            if (
                path.rsplit(".", 1)[-1].lower() not in extensions
                or entry[1] < LEAST_BYTES
                or path + ".gz" in known["files"]
                or os.path.exists(target + b".gz")
            ):
                continue
            # Neither name nor time inside, so that mirrors agree.
            temporary = os.path.join(workshop, _fs(str(len(made))))
            with open(temporary, "wb") as out:
                with gzip.GzipFile(u"", "wb", COMPRESS_LEVEL, out, 0) as packed, open(target, "rb") as plain:
                    shutil.copyfileobj(plain, packed, 1024 * 1024)
            os.utime(temporary, (entry[2], entry[2]))
            made.append((temporary, target + b".gz"))
        _all_to_disk(workshop, [temporary for temporary, _target in made])
        for temporary, target in made:
            os.rename(temporary, target)
        os.rmdir(workshop)

    def tidy(self, keep):
        """Remove all but the latest ``keep`` cuts; never what is shown, never the zero state."""
        if len(self._directories()) <= keep:
            return
        for name in self.names()[keep:]:
            if name != self.shown():
                gone = os.path.join(self.cuts, b".old")
                shutil.rmtree(gone, ignore_errors=True)
                # By a name that nothing builds on, so that half of it is never taken for a cut.
                os.rename(self._at(name), gone)
                shutil.rmtree(gone, ignore_errors=True)

    def forget_half(self):
        """Remove what an interrupted run left."""
        for name in (self._building, os.path.join(self.cuts, b".old"), os.path.join(self.cuts, b".gz")):
            shutil.rmtree(name, ignore_errors=True)


def replace(path, data, mode=0o644):
    """Write a file: complete and on disk, or as it was."""
    temporary = path + ".new"
    try:
        os.unlink(temporary)
    except OSError as problem:
        if problem.errno != errno.ENOENT:
            raise
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.rename(temporary, path)
    _to_disk(os.path.dirname(path))


def _all_to_disk(directory, paths):
    """Have files and directories below a directory on disk.

    At once where the C library can be asked: hundreds of fsyncs are as many commits of a journal. Python 2.7 has no
    name for it, and where memory may not be executable its ctypes does not load.
    """
    try:
        import ctypes

        handle = os.open(directory, os.O_RDONLY)
        try:
            done = ctypes.CDLL(None).syncfs(handle) == 0
        finally:
            os.close(handle)
    except Exception:  # no such function, no such library: of whatever kind, there is the other way
        done = False
    if not done:
        for path in paths:
            _to_disk(path)


def _fs(path):
    return path if isinstance(path, bytes) else path.encode("utf-8")


def _to_disk(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
