# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Bring a server's logs to the control node; documented in plugins/modules/collect_logs.py."""

from __future__ import annotations

import base64
import contextlib
import resource
import shlex
import time
import zlib
from pathlib import Path

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.iepc.prep.plugins.plugin_utils import log_store
from ansible_collections.iepc.prep.plugins.plugin_utils.log_store import Changed, LeftOut, Refused, Store, plain

# A log that is rotated between listing and reading is found again in the next trip.
TRIPS = 3
# Seconds before a lost connection is tried anew.
PAUSES = (1, 5)
# What one answer of a server may take of this process's memory; a chunk takes a tenth of it.
MOST_MEMORY = 1 << 29


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _reached = False
    _VALID_ARGS = frozenset(
        ("dest", "window_since", "window_until", "rsync_logs", "publication_root", "apache_directories")
        + ("max_file", "max_server")
    )

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        args = self._task.args
        missing = [name for name in ("dest", "window_since", "window_until") if args.get(name) is None]
        if missing:
            raise AnsibleActionFail(f"collect_logs: expected {', '.join(missing)}")
        store = Store(Path(args["dest"]), int(args.get("max_file") or 1 << 33), int(args.get("max_server") or 1 << 35))
        with _bounded_memory():
            try:
                found = self._collect(store, args, task_vars)
            except MemoryError:
                raise AnsibleActionFail("the server sent far more than it was asked for") from None
            except Refused as problem:
                raise AnsibleActionFail(f"the server's list of logs can't be used: {problem}") from None
        if found["complete"]:
            store.tidy()
        # Not "changed": that is about the server, on which nothing is.
        result.update(
            found,
            changed=False,
            files=len(store.entries),
            bytes=sum(entry["size"] for entry in store.entries.values()),
            fetched_files=store.fetched_files,
            fetched_bytes=store.fetched_bytes,
            notes=store.notes,
        )
        return result

    def _collect(self, store, args, task_vars):
        left_out = []
        for _trip in range(TRIPS):
            listing = self._list(store, args, task_vars)
            left_out = list(listing["left_out"])
            changed = []
            for one in listing["journals"]:
                try:
                    store.take_journal(one)
                except LeftOut as problem:
                    left_out.append({"source": one["source"], "why": str(problem)})
            for one in store.missing(listing["files"]):
                try:
                    store.fetch(one, self._read)
                except LeftOut as problem:
                    left_out.append({"source": one["source"], "why": str(problem)})
                except Changed as problem:
                    changed.append({"source": one["source"], "why": str(problem).partition(": ")[2]})
            if not changed:
                break
        left_out += changed
        return {
            "left_out": left_out, "complete": not left_out, "clock": listing["clock"], "zone": listing["zone"],
            "sources": len(listing["files"]) + len(listing["journals"]),
        }  # fmt: skip

    def _list(self, store, args, task_vars):
        options = {
            "since": int(args["window_since"]),
            "until": int(args["window_until"]),
            "logs": {
                "fail2ban": ["/var/log/fail2ban.log"],
                "rsync": sorted(set(args.get("rsync_logs") or ["/var/log/rsyncd.log"])),
                "activator": [f"{args.get('publication_root') or '/srv/prep'}/state/activations.log"],
            },
            "max_bytes": store.max_file,
            "known_sizes": store.known_sizes(),
            "known_journals": store.known_journals(),
        }
        if args.get("apache_directories"):
            options["apache_directories"] = args["apache_directories"]
        answer = self._again(
            lambda: self._execute_module("iepc.prep.log_listing", module_args=options, task_vars=task_vars)
        )
        if answer.get("unreachable"):
            raise AnsibleConnectionFailure(plain(answer.get("msg")))
        if answer.get("failed"):
            raise AnsibleActionFail(f"the logs can't be listed: {plain(answer.get('msg'), 300)}")
        return log_store.checked(answer)

    def _read(self, path, offset, count, pack):
        """Some bytes of a file on the server, read by what every system has."""
        pipe = f"tail -c +{offset + 1} -- {shlex.quote(path)} | head -c {count}"
        pipe += (" | gzip -1 -n -c" if pack else "") + " | base64"
        answer = self._again(lambda: self._low_level_execute_command(f"nice -n 19 sh -c {shlex.quote(pipe)}"))
        text = answer.get("stdout") or ""
        if not text.strip():
            raise Changed(f"{path}: it can't be read: {plain(answer.get('stderr'))}")
        # 31: as gzip writes it. One byte more than was asked for would be too many, and no more is unpacked.
        if pack:
            return log_store.unpack(text, count, zlib.MAX_WBITS | 16)
        try:
            return base64.b64decode(text)
        except ValueError as problem:
            raise Refused(f"{path}: what came is not base64: {problem}") from None

    def _again(self, act):
        """Do it, and once more where the connection was lost; the master's socket may have gone with it.

        Who does not answer the first time is left for the next run.
        """
        for pause in PAUSES:
            try:
                answer = act()
                self._reached = True
                return answer
            except AnsibleConnectionFailure:
                if not self._reached:
                    raise
                time.sleep(pause)
                with contextlib.suppress(Exception):
                    self._connection.reset()
        return act()


@contextlib.contextmanager
def _bounded_memory():
    """Ansible holds an answer in memory as long as it comes: one without an end must end this task, not the machine.

    Each task of a host is a process of its own, so nobody else is bound.
    """
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as stream:
        used = int(stream.read().split()[0]) * resource.getpagesize()
    most = used + MOST_MEMORY
    if before[1] != resource.RLIM_INFINITY:
        most = min(most, before[1])
    resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
