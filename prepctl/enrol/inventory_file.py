"""diffusers.ini as text: a line is added and nothing else of it changes."""

from __future__ import annotations

import re
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
        self._read()

    def _read(self) -> None:
        group, part = "", None
        for number, line in enumerate(self._lines, 1):
            text = line.strip()
            if not text or text.startswith(("#", ";")):
                continue
            if text.startswith("["):
                found = _SECTION.match(text)
                if not found:
                    raise PrepctlError(
                        say("{path}: line {number}: expected a section such as [diffusers], got {text}",
                            path=self.path, number=number, text=text[:70])
                    )  # fmt: skip
                group, part = found.group(1), found.group(2)
            elif part is None and group:
                self._host(number, text)

    def _host(self, number: int, text: str) -> None:
        words = re.split(r"\s+#", text, maxsplit=1)[0].split()
        variables = dict(word.split("=", 1) for word in words[1:] if "=" in word)
        known = self.hosts.setdefault(words[0], {})
        if known and variables and known != variables:
            raise PrepctlError(
                say("{path}: line {number}: expected a host once, {name} stands above with other values",
                    path=self.path, number=number, name=words[0])
            )  # fmt: skip
        known.update(variables)

    def address(self, name: str) -> tuple[str, int]:
        """Where a host is."""
        variables = self.hosts[name]
        port = variables.get("ansible_port", "22")
        return variables.get("ansible_host", name), int(port) if port.isdigit() else 22

    def add(self, name: str, variables: dict[str, str], group: str = "diffusers") -> None:
        """Add a host at the end of a group's hosts.

        :raises PrepctlError: there is no such group.
        """
        start = next(
            (number for number, line in enumerate(self._lines) if line.strip().startswith(f"[{group}]")), None
        )
        if start is None:
            raise PrepctlError(say("{path}: expected a section [{group}], found none", path=self.path, group=group))
        end = start + 1
        for number in range(start + 1, len(self._lines)):
            text = self._lines[number].strip()
            if text.startswith("["):
                break
            if text and not text.startswith(("#", ";")):
                end = number + 1
        self._lines.insert(end, " ".join([name, *(f"{key}={value}" for key, value in variables.items())]))
        self.hosts[name] = variables

    def content(self) -> str:
        """The file."""
        return "\n".join(self._lines) + "\n"
