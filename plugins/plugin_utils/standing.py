# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a server stands as the last whole run left it: what is compared, and the records of it on the control node.

A whole run leaves a record of each server: a digest of what the roles were told, and one for each area of what is in
effect on the server. A later run that is told the same and finds the same has nothing to bring about. What differs is
brought about by the roles; what they could not see, since it runs beside files that are as they were, they load anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from ansible.errors import AnsibleError
from ansible.release import __version__ as core_version
from ansible_collections.iepc.prep.plugins.module_utils.firewall_nft_match import as_list
from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import COLLECTION, LOADER
from ansible_collections.iepc.prep.plugins.plugin_utils.inventory_files import to_plain
from ansible_collections.iepc.prep.plugins.plugin_utils.whole_file import write_whole

SCHEMA = 1
# Dates pass meanwhile that roles go by: ends of life, certificates, packages' updates.
MOST_AGE_S = 24 * 3600

# What is compared -> the transactions that load it (config_transaction's names), should it differ while their files do
# not: rules flushed or opened at run time, settings set by hand, jails stopped.
AREAS: dict[str, tuple[str, ...]] = {
    "files": (),
    "places": (),
    "packages": (),
    "units": (),
    "listeners": (),
    "system": (),
    "firewall": ("firewalld", "ddos-connections", "ddos-firewalld", "fail2ban"),
    "settings": ("system_hardening", "ddos-sysctl"),
    "bans": ("fail2ban",),
}

# What of the variables says nothing of what a server is to be: Ansible's own, and what tells how to run.
OWN = ("ansible_host", "ansible_port", "ansible_user")
SKIPPED = frozenset((
    "environment", "group_names", "groups", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname_short",
    "omit", "play_hosts", "playbook_dir", "prep_thorough", "role_name", "role_names", "role_path", "role_uuid", "vars",
    "discovered_interpreter_python",
))  # fmt: skip
# The collection's code and texts: another one may bring about something else.
MADE_OF = ("calls", "playbooks", "plugins", "roles")

# fail2ban's own tables and chains: who is banned is no change to the server.
BAN_TABLE = re.compile(r"^f2b-")
BAN_TEXT = re.compile(r"\bf2b-|\bMATCH-SET f2b-|match-set f2b-")
LOOPBACK = re.compile(r"127\.|::1$|::ffff:127\.")
COUNTERS = re.compile(r"\[\d+:\d+\]")


# -- what the roles are told ----------------------------------------------


def inputs_digest(variables: Mapping[str, Any], template: Callable[[Any], Any], said: Iterable[str]) -> str:
    """Return a digest of all that decides what the roles bring about on a host.

    :param variables: the host's variables of the inventory and of the command line, and those set so far.
    :param template: evaluates a variable's value.
    :param said: names of variables that this run has set itself; they are left out.
    :returns: SHA-256 in hexadecimal. A value that can't be evaluated counts as it is written.
    """
    ours = set(said)
    told: dict[str, Any] = {"core": core_version, "collection": _collection()}
    for key, value in sorted(variables.items()):
        if key in ours or key in SKIPPED or (key.startswith("ansible_") and key not in OWN):
            continue
        told["$" + key] = _evaluated(value, template)
    for key, value in _looked_up():
        told.setdefault("$" + key, _evaluated(value, template))
    return canonical_json.digest(json.dumps(told, sort_keys=True, default=str).encode("utf-8", "surrogatepass"))


def _evaluated(value: Any, template: Callable[[Any], Any]) -> Any:
    try:
        return to_plain(template(value))
    except (AnsibleError, KeyError, ValueError, TypeError):
        return str(value)


def _looked_up() -> list[tuple[str, Any]]:
    """Return the roles' defaults that look something up, as in files of the workspace: all others never differ."""
    found = []
    for path in sorted((COLLECTION / "roles").glob("*/defaults/main.yml")):
        text = path.read_text(encoding="utf-8")
        if re.search(r"\b(lookup|query|q)\(", text):
            defaults = yaml.load(text, Loader=LOADER) or {}  # noqa: S506 (a safe loader, either way)
            found += [(key, value) for key, value in defaults.items() if re.search(r"\b(lookup|query|q)\(", str(value))]
    return found


def _collection() -> str:
    """Return a digest of the states of the collection's files; reading them all would take longer."""
    states = []
    for part in MADE_OF:
        for directory, inner, names in os.walk(COLLECTION / part):
            inner[:] = sorted(name for name in inner if name != "__pycache__")
            for name in sorted(names):
                state = os.stat(os.path.join(directory, name))
                states.append(f"{directory}/{name} {state.st_size} {state.st_mtime_ns}")
    return canonical_json.digest("\n".join(states).encode("utf-8", "surrogateescape"))


# -- what is in effect on the server --------------------------------------


def footprint(evidence: Any) -> dict[str, str | None]:
    """Return a digest of each area of AREAS; None for one that could not be read, which then never stands.

    :param evidence: what host_evidence returned with `footprint`, of whatever shape a server sent.
    """
    items = evidence.get("items") if isinstance(evidence, dict) else None
    seen = _Seen(items if isinstance(items, dict) else {})
    return {area: seen.digest(getattr(seen, area)) for area in AREAS}


class _Missing(Exception):
    """An item that was not read, or not whole."""


class _Seen:
    """The evidence's items as the areas need them."""

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items = items

    @staticmethod
    def digest(area: Callable[[], Any]) -> str | None:
        try:
            value = area()
            return canonical_json.digest(json.dumps(value, sort_keys=True).encode("utf-8", "surrogatepass"))
        except (_Missing, AttributeError, KeyError, TypeError, ValueError, RecursionError):
            # What a server sends need not have the form that it should.
            return None

    def _value(self, key: str) -> Any:
        item = self._items.get(key)
        if (
            not isinstance(item, dict)
            or item.get("error") is not None
            or item.get("truncated")
            or not item.get("value")
        ):
            raise _Missing(key)
        return item["value"]

    def _printed(self, name: str) -> str:
        value = self._value("footprint")[name]
        if not isinstance(value, str) or not value.strip():
            raise _Missing(name)
        return value

    def files(self) -> Any:
        return self._printed("files")

    def places(self) -> Any:
        return self._printed("places")

    def settings(self) -> Any:
        return self._printed("settings")

    def packages(self) -> Any:
        return self._value("packages")["manager"], self._value("packages")["installed"]

    def units(self) -> Any:
        """What starts with the system, and whether it runs now; others come and go by themselves."""
        return [
            # A job that a timer started is over soon: it is no other state.
            (one["unit"], one["active"] in ("active", "reloading"), one["enabled"], one["file"])
            for one in list(self._value("units"))
            if one["enabled"] in ("enabled", "enabled-runtime") and one["active"] != "activating"
        ]

    def listeners(self) -> Any:
        """Who waits for connections from outside: what was started by hand is no unit that starts by itself."""
        return sorted(
            {
                (one["proto"], one["port"], str(one["process"]))
                for one in self._value("sockets.listening")
                # A program that asks somebody over UDP has a port of its own for the answer.
                if not LOOPBACK.match(one["address"]) and (one["proto"] == "tcp" or one["port"] < 1024)
            }
        )

    def system(self) -> Any:
        # Of a link alone, or of a container, they come and go.
        addresses = sorted(
            [str(one["dev"]), str(one["address"])]
            for one in self._value("network")["addresses"]
            if one["scope"] == "global"
        )
        return [self._printed("boot"), self._value("os.kernel"), self._value("hardware"), addresses]

    def firewall(self) -> Any:
        manager = self._value("firewall.manager")
        others = self._value("firewall.iptables")
        return [
            manager["firewalld"]["active"], manager["firewalld"]["default_zone"], manager["others_active"],
            lasting_rules(self._value("firewall.nft")["ruleset"]),
            [lasting_lines(others[family]) for family in ("v4", "v6")],
        ]  # fmt: skip

    def bans(self) -> Any:
        value = self._value("fail2ban")
        return [value["present"], value["running"], {name: jail["watches"] for name, jail in value["jails"].items()}]


def lasting_rules(ruleset: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return nft's objects without what traffic alone changes: counters, bans, what rules themselves add to sets.

    :param ruleset: objects of `nft -j list ruleset` (libnftables-json(5)).
    :returns: objects by table: in the order of the listing, as a rule's place matters; tables have no order.
    """
    tables: dict[str, list[Any]] = {}
    ruleset = list(ruleset)
    filled = _filled_by_rules(ruleset)
    for entry in ruleset:
        kind, body = next(iter(entry.items()))
        table = body.get("name") if kind == "table" else body.get("table")
        if kind == "metainfo" or table is None or BAN_TABLE.match(str(table)):
            continue
        kept = _plain(body)
        kept.pop("handle", None)
        if kind in ("set", "map", "meter"):
            flags = _several(body.get("flags"))
            kept["flags"] = sorted(flags)
            if BAN_TABLE.match(str(body.get("name"))):
                continue
            if {"dynamic", "timeout"} & set(flags) or kind == "meter" or body.get("name") in filled:
                kept.pop("elem", None)
            else:
                kept["elem"] = sorted(json.dumps(one, sort_keys=True) for one in _several(kept.get("elem")))
        elif BAN_TEXT.search(json.dumps(kept)):
            continue  # a chain of bans, or the way into it
        tables.setdefault(f"{body.get('family')} {table}", []).append([kind, kept])
    return tables


def _filled_by_rules(value: Any) -> set[str]:
    """Return names of the sets that rules add to; older versions of nft do not list their flag `dynamic`."""
    found: set[str] = set()
    if isinstance(value, dict):
        change = value.get("set")
        if isinstance(change, dict) and "op" in change:
            found.add(str(change.get("set")).lstrip("@"))
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            found |= _filled_by_rules(one)
    return found


def _several(value: Any) -> list[Any]:
    """Return a list of one or more; nft wrote a lone flag bare for some months of 2025, too (Netfilter's bug 1806)."""
    return [] if value is None else as_list(value)


def _plain(value: Any) -> Any:
    """Return an object of nft's without counts: `{"counter": {"packets": ..., "bytes": ...}}` and the like."""
    if isinstance(value, dict):
        return {
            key: None if key == "counter" else _plain(inner)
            for key, inner in value.items()
            if not (key in ("packets", "bytes", "used") and isinstance(inner, int))
        }
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def lasting_lines(text: Any) -> list[str]:
    """Return the lines of `iptables-save` without remarks, counts and bans."""
    lines = [COUNTERS.sub("", line).strip() for line in str(text or "").splitlines() if not line.startswith("#")]
    return [line for line in lines if line and not BAN_TEXT.search(line)]


def differences(now: Mapping[str, str | None], then: Mapping[str, Any]) -> list[str]:
    """Return the areas that are not as they were, or can't be compared."""
    return [area for area in AREAS if now.get(area) is None or now.get(area) != then.get(area)]


def to_load_anew(areas: Iterable[str]) -> list[str]:
    """Return the names of the transactions that have to load what they wrote once more."""
    return list(dict.fromkeys(name for area in areas for name in AREAS[area]))


# -- the records ----------------------------------------------------------


class Records:
    """What whole runs left, a file for each host in a directory of the workspace that is its owner's alone.

    A record is whole only between the end of a run that brought all about and the begin of the next one that may
    change something: a run that was cut off leaves none that a server could be found to stand by.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, host: str) -> Path:
        """The file of a host, whose name may hold anything."""
        return self.directory / (quote(host, safe="").replace(".", "%2E", 1 if host.startswith(".") else 0) + ".json")

    def read(self, host: str) -> dict[str, Any] | None:
        """Return a host's record; None when there is none that is of use."""
        try:
            record = json.loads(self.path(host).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        fit = isinstance(record, dict) and record.get("schema") == SCHEMA and isinstance(record.get("footprint"), dict)
        # Seconds since 1970 that are a date; any other number would be an error only later.
        return record if fit and type(record.get("at")) is int and 0 <= record["at"] < 1 << 36 else None

    def keep(self, host: str, record: Mapping[str, Any]) -> None:
        """Write a host's record, whole or not at all.

        :raises OSError: it can't be written; the former one is gone then, too.
        """
        path = self.path(host)
        try:
            self.directory.mkdir(mode=0o700, exist_ok=True)
            write_whole(path, json.dumps({**record, "schema": SCHEMA}, sort_keys=True).encode("utf-8"), 0o600)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            raise


def outdated(record: Mapping[str, Any], now: float | None = None) -> bool:
    """Whether a record is too old to go by, or from a time to come."""
    age = (time.time() if now is None else now) - record["at"]
    return not 0 <= age <= MOST_AGE_S
