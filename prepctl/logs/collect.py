"""One collection: the playbook over every server, then the control node's own record, then the signed inventory."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.iepc.prep.plugins.module_utils import log_files, preflight
from ansible_collections.iepc.prep.plugins.plugin_utils import log_store
from ansible_collections.iepc.prep.plugins.plugin_utils.log_store import plain
from cryptography.hazmat.primitives.asymmetric import ec

from prepctl import outcome, runner
from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.logs import inventory, record
from prepctl.logs.window import Window
from prepctl.publish.mirrors import Inventory
from prepctl.report import keys
from prepctl.workspace import Workspace

ACTION = "iepc.prep.collect_logs"
VERB = "collect_logs"
SAID = ("complete", "left_out", "clock", "zone")
COUNTS = ("files", "bytes", "fetched_files", "fetched_bytes")


@dataclass(frozen=True)
class Bounds:
    """What one server may take: of the disk in bytes, and of our time in seconds."""

    file: int
    server: int
    patience: int


@dataclass
class Collected:
    """How a collection ended."""

    code: ExitCode
    directory: Path
    window: Window
    inventory_sha256: str = ""
    key: str = ""
    diffusers: list[dict[str, Any]] = field(default_factory=list)
    watch: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    log: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "schema": 1, "verb": "collect-logs", "exit_code": int(self.code), "directory": str(self.directory),
            "window": self.window.as_dict(), "inventory_sha256": self.inventory_sha256, "key": self.key,
            "diffusers": self.diffusers, "watch": self.watch, "errors": self.errors, "log": self.log,
        }  # fmt: skip


def collect(
    workspace: Workspace,
    known: Inventory,
    wanted: list[str],
    window: Window,
    directory: Path,
    key: ec.EllipticCurvePrivateKey,
    bounds: Bounds,
    handler: runner.EventHandler,
    **request: Any,
) -> Collected:
    """Collect from the servers wanted; what is known of the others stays as it was.

    :raises PrepctlError: the directory is in use, or of another window.
    """
    for mirror in known.mirrors:
        if not log_files.NAME.match(mirror.name) or mirror.name == record.DIRECTORY:
            raise PrepctlError(f"{mirror.name}: expected a host's name that can be a directory's, other than watch")
    with _locked(directory):
        _same_window(directory, window)
        done: dict[str, dict[str, Any]] = {}
        events = outcome.Collector()

        def handle(event: runner.Event) -> None:
            if event.kind == "runner_on_ok" and event.action == ACTION:
                done[event.host] = dict(event.result)
            events(event)
            handler(event)

        variables = {
            "prep_logs_dest": str(directory), "prep_logs_since": window.since, "prep_logs_until": window.until,
            "prep_logs_max_file": bounds.file, "prep_logs_max_server": bounds.server,
            "prep_logs_patience_s": bounds.patience,
        }  # fmt: skip
        asked = runner.Request(workspace, VERB, limit=",".join(wanted), variables=variables, **request)
        ran = outcome.conclude(VERB, events, runner.run(asked, handle), workspace.directory, 0)
        watch = record.export(workspace.directory / "publication", window, directory)
        before = inventory.earlier(directory)
        trouble = {one.name: one for one in ran.diffusers}
        entries, lines = [], []
        for mirror in known.mirrors:
            # What an earlier run found out of a server stands until a later one finds it out anew.
            said = before.get(mirror.name, {"outcome": "not collected", "reason": ""})
            result = done.get(mirror.name, {})
            if mirror.name in wanted:
                said = {**said, **_said(result, trouble.get(mirror.name))}
            entries.append(inventory.entry(directory, mirror.name, said))
            if mirror.name in wanted:
                notes = [plain(one) for one in result.get("notes") or []]
                if result and not any(one["kind"] == "access" for one in entries[-1]["files"]):
                    notes.append("no access log of the window is there")
                counts = {name: result.get(name, 0) for name in COUNTS}
                lines.append({"name": mirror.name, **said, **counts, "notes": notes})
        collected = Collected(ExitCode.OK, directory, window, diffusers=lines, watch=watch, log=str(ran.log))
        collected.errors = [plain(error, 300) for error in ran.errors]
        collected.inventory_sha256 = inventory.write(directory, known.call, window, entries, watch, key)
        collected.key = keys.fingerprint(key.public_key())
    incomplete = any(one["outcome"] in ("incomplete", "failed") for one in lines)
    collected.code = max(ran.code, ExitCode.RUN_FAILED if incomplete else ExitCode.OK)
    return collected


def _said(result: dict[str, Any], trouble: outcome.Diffuser | None) -> dict[str, Any]:
    """One server's word in the inventory: complete, incomplete, unreachable or failed, and why."""
    if result:
        told = {name: result.get(name) for name in SAID if name != "complete"}
        return {"outcome": "complete" if result.get("complete") else "incomplete", "reason": "", **told}
    if trouble and trouble.reached is False:
        return {"outcome": "unreachable", "reason": plain(preflight.one_line(trouble.reason) or "no connection")}
    said = trouble.failed_task.partition(": ")[2] if trouble else ""
    return {"outcome": "failed", "reason": plain(said or "the run ended before it", 300)}


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """The directory, which its owner alone can read, for us alone.

    :raises PrepctlError: another run is in it.
    """
    directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.mkdir(mode=0o700, exist_ok=True)
    directory.chmod(0o700)
    handle = os.open(directory / log_store.LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PrepctlError(f"{directory}: another prepctl collect-logs is at work in it") from None
        yield
    finally:
        os.close(handle)


def _same_window(directory: Path, window: Window) -> None:
    """One directory holds one window; its end may only move on, as "now" does."""
    path = directory / f".window{log_store.PART}"
    with contextlib.suppress(OSError, ValueError):
        since, until = (int(word) for word in path.read_text(encoding="ascii").split())
        if since != window.since or until > window.until:
            told = Window(since, until, window.zone, "").told()
            raise PrepctlError(
                f"{directory}: it holds the logs from {told['opens']} to {told['closes']}; "
                "expected the same window, or another --output"
            )
    path.write_text(f"{window.since} {window.until}\n", encoding="ascii")
