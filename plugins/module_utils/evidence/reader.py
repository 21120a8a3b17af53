# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The one place that touches the server: runs commands and reads files.

Commands are argv lists (no shell) with a fixed PATH and LC_ALL=C. They can be
started ahead (``prefetch``), so that they run side by side while files are
read; one ``poll`` loop drains all of them, without threads, because forking
from threads is not safe in Python 2.7.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import fcntl
import glob as globbing
import os
import select
import signal
import stat as stats
import subprocess
import sys
import time

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import (
    MissingCommand,
    MissingFile,
    SourceError,
)
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C", "LANG": "C", "HOME": "/root", "SYSTEMD_PAGER": "", "TERM": "dumb"}
COMMAND_TIMEOUT = 8.0
# All commands of a trip together: however many hang, the trip ends.
TOTAL_TIMEOUT = 25.0
MAX_OUTPUT = 4 * 1024 * 1024
MAX_FILE = 1024 * 1024


class Output(object):
    """What a command left: rc (int), out and err (text)."""

    def __init__(self, rc, out="", err=""):
        self.rc = rc
        self.out = out
        self.err = err


class _Child(object):
    """A running command and what it has written so far."""

    def __init__(self, argv, stdin, timeout):
        self.argv = argv
        self.deadline = time.time() + timeout
        self.timeout = timeout
        self.chunks = {"out": [], "err": []}
        self.size = 0
        self.failure = None
        extra = {}
        # A group of its own: a timeout ends what the command started as well.
        if sys.version_info[0] >= 3:
            extra["start_new_session"] = True
        else:
            extra["preexec_fn"] = os.setsid
            # Python 2 would close every possible descriptor one by one (a million in containers).
            extra["close_fds"] = False
        with open(os.devnull, "rb") as nothing:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE if stdin is not None else nothing,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT,
                cwd="/",
                **extra
            )
        self.pipes = {self.process.stdout.fileno(): "out", self.process.stderr.fileno(): "err"}
        for pipe in (self.process.stdout, self.process.stderr, self.process.stdin):
            if pipe is not None:
                flags = fcntl.fcntl(pipe.fileno(), fcntl.F_GETFD)
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETFD, flags | fcntl.FD_CLOEXEC)
        if stdin is not None:
            try:
                self.process.stdin.write(stdin.encode("utf-8"))
                self.process.stdin.close()
            except (IOError, OSError):
                pass  # it ended before reading; its rc and stderr say why

    def feed(self, descriptor):
        """Take what is ready on one of its pipes; forget the pipe at its end."""
        data = os.read(descriptor, 65536)
        if not data:
            del self.pipes[descriptor]
            return
        self.size += len(data)
        if self.size > MAX_OUTPUT:
            self.chunks = {"out": [], "err": []}
            self.kill("more than %d MiB of output" % (MAX_OUTPUT // 1024 // 1024))
        else:
            self.chunks[self.pipes[descriptor]].append(data)

    def kill(self, why):
        """End the command and everything it started; what it wrote counts for nothing."""
        self.failure = "%s: %s" % (self.argv[0], why)
        self.pipes = {}
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except OSError:
            pass

    def result(self):
        """Its Output, once it has ended; a SourceError when it had to be ended."""
        rc = self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()
        if self.failure:
            return SourceError(self.failure)
        return Output(rc, to_text(b"".join(self.chunks["out"])), to_text(b"".join(self.chunks["err"])))


class Reader(object):
    """Reads a server. Tests replace it by an object with the same methods."""

    def __init__(self, total=TOTAL_TIMEOUT):
        self.deadline = time.time() + total
        self._running = {}
        self._done = {}
        self._paths = {}
        # Parsed values that several items need (see Look.once).
        self.memo = {}
        # Commands started so far.
        self.started = 0

    # -- commands ---------------------------------------------------------

    def which(self, name):
        """The absolute path of a program in the fixed PATH, or None."""
        if name not in self._paths:
            self._paths[name] = None
            for directory in [""] if name.startswith("/") else PATH.split(":"):
                path = os.path.join(directory, name)
                if os.path.isfile(path) and os.access(path, os.X_OK):
                    self._paths[name] = path
                    break
        return self._paths[name]

    def prefetch(self, argv, timeout=COMMAND_TIMEOUT, stdin=None):
        """Start a command now whose output `run` will be asked for later."""
        key = (tuple(argv), stdin)
        if key in self._running or key in self._done:
            return
        path = self.which(argv[0])
        if path is None:
            return
        self.started += 1
        timeout = min(timeout, max(0.1, self.deadline - time.time()))
        try:
            self._running[key] = _Child([path] + list(argv[1:]), stdin, timeout)
        except (OSError, IOError) as error:
            self._done[key] = SourceError("%s: %s" % (path, to_text(os.strerror(error.errno or 0))))

    def run(self, argv, timeout=COMMAND_TIMEOUT, stdin=None):
        """Run a command (or take the one already started); returns an Output.

        Raises MissingCommand, or SourceError when it ran out of time. The same
        argv runs only once.
        """
        key = (tuple(argv), stdin)
        self.prefetch(argv, timeout, stdin)
        if key not in self._running and key not in self._done:
            raise MissingCommand("%s: not found in %s" % (argv[0], PATH))
        while key not in self._done:
            self._pump()
        result = self._done[key]
        if isinstance(result, Exception):
            raise result
        return result

    def _pump(self):
        """Move all running commands on by one step."""
        poller = select.poll()
        owner = {}
        # Asked before the look at the pipes: whoever had ended by then has all that it wrote in them. Asked after, a
        # command could write and end in between, and its output would be lost.
        ended = set(key for key, child in self._running.items() if child.process.poll() is not None)
        for child in self._running.values():
            for descriptor in child.pipes:
                owner[descriptor] = child
                poller.register(descriptor, select.POLLIN | select.POLLHUP | select.POLLERR)
        ready = []
        if owner:
            try:
                ready = poller.poll(100)
            except (select.error, OSError) as error:
                if error.args[0] != errno.EINTR:
                    raise
                return
        else:
            time.sleep(0.005)
        spoke = set()
        for descriptor, _event in ready:
            child = owner[descriptor]
            spoke.add(child)
            if descriptor in child.pipes:
                child.feed(descriptor)
        now = time.time()
        for key, child in list(self._running.items()):
            late = now > child.deadline
            # Ended, and what it left behind in the background keeps the pipes open, silently or for ever: enough.
            if key in ended and (late or child not in spoke):
                child.pipes = {}
            if key not in ended and late:
                child.kill("no answer within %.3g s" % child.timeout)
            if (key in ended or child.failure) and not child.pipes:
                del self._running[key]
                self._done[key] = child.result()

    def close(self):
        """End whatever is still running (nobody asked for its output)."""
        for child in self._running.values():
            child.kill("not asked for")
            child.result()
        self._running = {}

    # -- files ------------------------------------------------------------

    def read_bytes(self, path, limit=MAX_FILE):
        """(bytes, truncated) of a regular file.

        Raises MissingFile, or SourceError. Never blocks on a FIFO or device.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except (OSError, IOError) as error:
            reason = "%s: %s" % (to_text(path), to_text(os.strerror(error.errno)))
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                raise MissingFile(reason)
            raise SourceError(reason)
        try:
            if not stats.S_ISREG(os.fstat(descriptor).st_mode):
                raise SourceError("%s: not a regular file" % to_text(path))
            chunks = []
            size = 0
            while size <= limit:
                chunk = os.read(descriptor, 262144)
                if not chunk:
                    break
                chunks.append(chunk)
                size += len(chunk)
            return b"".join(chunks)[:limit], size > limit
        except (OSError, IOError) as error:
            raise SourceError("%s: %s" % (to_text(path), to_text(os.strerror(error.errno))))
        finally:
            os.close(descriptor)

    def listdir(self, path):
        """Sorted names in a directory; [] when it does not exist. Raises SourceError."""
        try:
            return sorted(os.listdir(path))
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                return []
            raise SourceError("%s: %s" % (to_text(path), to_text(os.strerror(error.errno))))

    def glob(self, pattern):
        """Sorted paths that match; one directory level per component, never recursive."""
        return sorted(globbing.glob(pattern))

    def readlink(self, path):
        """Where a link points, or None when it is no link or not readable."""
        try:
            return os.readlink(path)
        except (OSError, ValueError):
            return None

    def stat(self, path):
        """os.stat of a path, or None."""
        try:
            return os.stat(path)
        except (OSError, ValueError):
            return None

    def statvfs(self, path):
        """os.statvfs of a path; None when it does not exist. Raises SourceError."""
        try:
            return os.statvfs(path)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return None
            raise SourceError("%s: %s" % (to_text(path), to_text(os.strerror(error.errno))))

    def uname(self):
        """The kernel's release."""
        return os.uname()[2]
