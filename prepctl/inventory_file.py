"""diffusers.ini as text: its mistakes are told by line, and a line is added while nothing else of it changes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from prepctl.errors import PrepctlError
from prepctl.language import say

GROUPS = ("diffusers", "vantage_points", "origins", "all", "ungrouped")
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\Z")
_SECTION = re.compile(r"\[([^\]:]+)(?::(\w+))?\]\s*(?:[#;].*)?\Z")


class InventoryFile:
    """The inventory of a workspace.

    :raises PrepctlError: it can't be read, or is none that a line can be added to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._lines = path.read_text(encoding="utf-8-sig").splitlines()
        except OSError as problem:
            raise PrepctlError(say("{path}: cannot be read: {reason}", path=path, reason=problem.strerror)) from None
        except UnicodeDecodeError as problem:
            raise PrepctlError(
                say("{path}: expected UTF-8, got another encoding (byte {byte})", path=path, byte=problem.start)
            ) from None
        self.hosts: dict[str, dict[str, str]] = {}
        """Each host with the variables of its line, in any group."""
        self.groups: dict[str, list[str]] = {}
        self._read()

    def _read(self) -> None:
        group, part = "ungrouped", None
        for number, line in enumerate(self._lines, 1):
            text = line.strip()
            if not text or text.startswith(("#", ";")):
                continue
            if text.startswith("["):
                found = _SECTION.match(text)
                if not found or found.group(2) not in (None, "vars", "children"):
                    raise self._wrong(number, say("a section such as [diffusers]"), text)
                group, part = found.group(1), found.group(2)
                self.groups.setdefault(group, [])
            elif part == "vars" and "=" not in text:
                raise self._wrong(number, "variable=value", text)
            elif part == "children":
                self.groups.setdefault(text.split()[0], [])
            elif part is None:
                self._host(number, text, group)

    def _host(self, number: int, text: str, group: str) -> None:
        try:
            words = shlex.split(text, comments=True)
        except ValueError:
            raise self._wrong(number, say("a quote that ends"), text) from None
        if not words:
            return
        variables = {}
        for word in words[1:]:
            key, separator, value = word.partition("=")
            if not separator:
                raise self._wrong(number, say("variable=value after the host's name"), word)
            variables[key] = value
        name = words[0]
        known = self.hosts.setdefault(name, {})
        differ = sorted(key for key in known if key in variables and variables[key] != known[key])
        if name in self.groups.setdefault(group, []) or differ:
            got = say("{name} a second time", name=name)
            raise self._wrong(number, say("each host once"), got + (f" ({differ[0]})" if differ else ""))
        self.groups[group].append(name)
        known.update(variables)

    def _wrong(self, number: int, expected: str, got: str) -> PrepctlError:
        return PrepctlError(
            say("{path}: line {number}: expected {expected}, got {got}", path=self.path.name, number=number,
                expected=expected, got=got[:70])
        )  # fmt: skip

    def address(self, name: str) -> tuple[str, int]:
        """Where a host is."""
        variables = self.hosts[name]
        port = variables.get("ansible_port", "22")
        return variables.get("ansible_host", name), int(port) if port.isdigit() else 22

    def add(self, name: str, variables: dict[str, str], group: str = "diffusers") -> None:
        """Add a host at the end of a group's hosts.

        :raises PrepctlError: there is no such group.
        """
        start = next((number for number, line in enumerate(self._lines) if line.strip().startswith(f"[{group}]")), None)
        if start is None:
            raise PrepctlError(say("{path}: expected a section [{group}], found none", path=self.path, group=group))
        end = start + 1
        for number in range(start + 1, len(self._lines)):
            text = self._lines[number].strip()
            if text.startswith("["):
                break
            if text and not text.startswith(("#", ";")):
                end = number + 1
        self.groups[group].append(name)
        self._lines.insert(end, " ".join([name, *(f"{key}={value}" for key, value in variables.items())]))
        self.hosts[name] = variables

    def content(self) -> str:
        """The file."""
        return "\n".join(self._lines) + "\n"
