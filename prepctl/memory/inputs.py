"""What a memory is made from: logs as ``collect-logs`` leaves them or as plain paths, and what the workspace knows."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import CallError, load_call
from ansible_collections.iepc.prep.plugins.plugin_utils.call_times import zone_of

from prepctl.errors import PrepctlError
from prepctl.memory import sources
from prepctl.memory.figures import Window
from prepctl.memory.incidents import KINDS, Record, record
from prepctl.memory.lines import Ranges

ACCESS, WATCH = "access", "watch"
CALL_WINDOW = "access_logs"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_ZONE = re.compile(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*")


@dataclass
class Source:
    """The logs of one outlet."""

    name: str
    title: str = ""
    access: list[Path] = field(default_factory=list)
    others: dict[str, list[Path]] = field(default_factory=dict)
    offset: str = ""
    portals: list[str] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    cdn: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)


@dataclass
class Inputs:
    """All of it."""

    outlets: list[Source]
    record: Record
    manifest: dict[str, Any] | None = None


def gather(words: list[str], workspace: Path) -> Inputs:
    """Find the logs that are named.

    :param words: directories of ``collect-logs``, and ``NAME=PATH`` of files or directories of an outlet.
    :raises PrepctlError: there is nothing of the kind; one line.
    """
    outlets: dict[str, Source] = {}
    told = Record()
    manifest: dict[str, Any] | None = None
    for word in words:
        name, mark, rest = word.partition("=")
        if mark and NAME.fullmatch(name):
            _add(outlets.setdefault(name, Source(name)), Path(rest))
            continue
        directory = Path(word)
        if not directory.is_dir():
            raise PrepctlError(
                f"{word}: expected a directory that prepctl collect-logs filled, or NAME=PATH of an outlet's logs"
            )
        manifest = sources.manifest(directory) or manifest
        found = record(directory / WATCH)
        told.incidents += found.incidents
        told.cuts += found.cuts
        told.deliveries += found.deliveries
        told.problems += found.problems
        parts = [
            one
            for one in sorted(directory.iterdir())
            if one.is_dir() and one.name != WATCH and NAME.fullmatch(one.name)
        ]
        for part in parts:
            if any((part / kind).is_dir() for kind in (ACCESS, *KINDS)):
                _add(outlets.setdefault(part.name, Source(part.name)), part)
        if not any(one.name in outlets for one in parts):
            raise PrepctlError(
                f"{directory}: expected DIFFUSER/{ACCESS}/FILE below it, as prepctl collect-logs leaves logs; or give "
                f"NAME=PATH"
            )
    for one in outlets.values():
        _know(one, manifest, workspace)
        if not one.access:
            raise PrepctlError(
                f"{one.name}: expected access logs, found none; leave the outlet out, or name its logs with "
                f"{one.name}=PATH"
            )
    return Inputs(list(outlets.values()), told, manifest)


def _add(source: Source, path: Path) -> None:
    if path.is_dir() and any((path / kind).is_dir() for kind in (ACCESS, *KINDS)):
        if (path / ACCESS).is_dir():
            source.access += _files(path / ACCESS)
        for kind in KINDS:
            if (path / kind).is_dir():
                source.others.setdefault(kind, []).extend(_files(path / kind))
    else:
        source.access += sources.find([path])


def _files(directory: Path) -> list[Path]:
    return sorted(
        one for one in directory.rglob("*") if one.is_file() and not one.is_symlink() and not one.name.startswith(".")
    )


def _know(source: Source, manifest: dict[str, Any] | None, workspace: Path) -> None:
    """Add what inventory and workspace say of an outlet."""
    entry = next(
        (
            one
            for one in (manifest or {}).get("diffusers", [])
            if isinstance(one, dict) and one.get("name") == source.name
        ),
        {},
    )
    zone = entry.get("zone")
    if isinstance(zone, dict):
        source.offset = str(zone.get("since", ""))
    for one in entry.get("files", []):
        if isinstance(one, dict) and one.get("path"):
            source.files.append(
                {
                    "path": str(one["path"]),
                    "size": one.get("size"),
                    "sha256": str(one.get("sha256") or one.get("stored_sha256") or ""),
                }
            )
    if not source.files:
        source.files = [{"path": str(path), "size": path.stat().st_size} for path in source.access]
    variables = {
        **variables_of(workspace / "group_vars/diffusers.yml"),
        **variables_of(workspace / f"host_vars/{source.name}.yml"),
    }
    outlet = variables.get("prep_outlet")
    outlet = outlet if isinstance(outlet, dict) else {}
    source.title = str(entry.get("outlet") or outlet.get("name") or source.name)[:120]
    urls = outlet.get("portal_urls")
    source.portals = (
        [host for host in (urlsplit(str(url)).hostname for url in urls if isinstance(url, str)) if host]
        if isinstance(urls, list)
        else []
    )
    ranges = variables.get("apache_cdn_ranges")
    source.cdn = tuple(str(one) for one in ranges) if isinstance(ranges, list) else ()


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads what is no secret: a vaulted value is None."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def variables_of(path: Path) -> dict[str, Any]:
    """An inventory's variables as they stand in a file; those that are to be templated are not evaluated."""
    try:
        value = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a safe loader)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise PrepctlError(f"{path}: expected variables in YAML: {' '.join(str(problem).split())}") from None
    return value if isinstance(value, dict) else {}


def call_of(name: str | None, inputs: Inputs, workspace: Path) -> dict[str, Any] | None:
    """The call that is asked for, or that the logs were collected for, or the workspace's; None if none is known.

    :raises PrepctlError: it can't be used.
    """
    manifest = inputs.manifest or {}
    wanted = name or manifest.get("call") or variables_of(workspace / "group_vars/diffusers.yml").get("prep_call")
    if not wanted:
        return None
    try:
        return dict(load_call(str(wanted), [str(workspace)]))
    except CallError as problem:
        raise PrepctlError(f"{'--call' if name else 'call'}: {problem}") from None


def window_of(
    call: dict[str, Any] | None, inputs: Inputs, since: str | None, until: str | None, zone_name: str | None
) -> Window:
    """The window that is told of: the one asked for, that of the collected logs, or the call's.

    :raises PrepctlError: no window is known, or a time is none.
    """
    from ansible_collections.iepc.prep.plugins.filter.publication_epochs import publication_epochs

    collected = (inputs.manifest or {}).get("window")
    collected = collected if isinstance(collected, dict) else {}
    zone = zone_name or (call["zone"] if call else None) or collected.get("zone")
    if not isinstance(zone, str) or not _ZONE.fullmatch(zone):
        raise PrepctlError(
            "--zone: expected an IANA time zone, or --call with the call's name, to know days and hours by"
        )
    try:
        clock = zone_of({"zone": zone})
    except ValueError as problem:
        raise PrepctlError(str(problem)) from None

    def at(option: str, text: str, *, last: bool) -> int:
        from datetime import datetime, timedelta

        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise PrepctlError(f'{option}: expected "YYYY-MM-DD HH:MM" or a day, got {text}') from None
        if len(text) == 10 and last:
            moment += timedelta(days=1, seconds=-1)
        elif len(text) == 16 and last:
            moment += timedelta(seconds=59)  # the minute is meant whole
        return int((moment if moment.tzinfo else moment.replace(tzinfo=clock)).timestamp())

    hours = call["windows"][CALL_WINDOW] if call else {}
    begin = (
        at("--since", since, last=False)
        if since
        else collected.get("since") or (hours and at("", hours["opens"], last=False))
    )
    end = (
        at("--until", until, last=True)
        if until
        else collected.get("until") or (hours and at("", hours["closes"], last=True))
    )
    if not begin or not end:
        raise PrepctlError("--since and --until: expected both, or --call with the call's name, to know the period by")
    if not int(begin) < int(end):
        raise PrepctlError(f"--until: expected a time after --since, got {until or end}")
    window = Window(int(begin), int(end), zone)
    if call:
        epochs = publication_epochs(call, [])
        window.opening, window.closing = int(epochs["opening"]), int(epochs["closing"])
    window.cuts = inputs.record.cuts_of(window)
    return window


def ranges_of(texts: tuple[str, ...]) -> Ranges:
    """Ranges of a CDN.

    :raises PrepctlError: one is none.
    """
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
    except ValueError as problem:
        raise PrepctlError(f"--cdn: expected an address range such as 203.0.113.0/24: {problem}") from None
