"""An outlet with its server, as it is taken into a workspace: judged as the inventory is, and written as its file."""

# Ansible's collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.iepc.prep.plugins.module_utils import addresses, inputs

from prepctl.inventory_file import GROUPS, NAME

# What would be a template to Ansible, which evaluates it on the control node: nobody's form may hold that.
TEMPLATES = ("{{", "{%", "{#")
NAME_EXPECTED = "a name of letters, digits, -, . and _ that is no group's"
ADDRESS_EXPECTED = "an IP address or a host name"


@dataclass
class Outlet:
    """What is known of an outlet and its server; nothing of it has been judged."""

    name: str = ""
    address: str = ""
    port: int = 22
    domain: str = ""
    outlet: dict[str, Any] = field(default_factory=dict)
    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    documents: dict[str, dict[str, str]] = field(default_factory=dict)
    admin_sources: list[str] = field(default_factory=list)
    fingerprints: list[str] = field(default_factory=list)
    python: str = ""

    def variables(self) -> dict[str, Any]:
        """What its file in host_vars says, but for the secret."""
        found: dict[str, Any] = {"prep_domain": self.domain, "prep_outlet": self.outlet}
        if self.admin_sources:
            found["prep_admin_sources"] = self.admin_sources
        found["prep_contacts"] = self.contacts
        if self.documents:
            found["prep_documents"] = self.documents
        return found

    def line(self) -> dict[str, str]:
        """What its line in diffusers.ini says beside the name."""
        found = {"ansible_host": self.address}
        if self.port != 22:
            found["ansible_port"] = str(self.port)
        if self.python:
            found["ansible_python_interpreter"] = self.python
        return found


def slug(text: str) -> str:
    """A name for a host out of an outlet's: Radio Sierra Madre 📻 -> radio-sierra-madre."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def machine_mistakes(one: Outlet) -> list[tuple[str, str, str]]:
    """What is wrong with how a machine is named and reached."""
    found = []
    if not NAME.match(one.name) or one.name in (*GROUPS, "localhost") or one.name.isdigit():
        found.append(("name", NAME_EXPECTED, inputs.shown(one.name)))
    if not _is_address(one.address):
        found.append(("address", ADDRESS_EXPECTED, inputs.shown(one.address) if one.address else "nothing"))
    if not 0 < one.port < 65536:
        found.append(("port", "a port from 1 to 65535", str(one.port)))
    if one.python and not re.fullmatch(r"/[A-Za-z0-9._/-]+", one.python):
        found.append(("python", "the path of a Python on the server", inputs.shown(one.python)))
    return found


def mistakes(one: Outlet, call: dict[str, Any], secret: str) -> list[tuple[str, str, str]]:
    """What is wrong with an outlet: (key, expected, got), the keys those of the inventory's variables.

    :param call: what asks for stages, documents and contacts.
    :param secret: its rsync secret.
    """
    found = machine_mistakes(one)
    told = set()
    for key, text in _texts(one.variables()):
        problem = _text_problem(text)
        if problem:
            told.add(key)
            found.append((key, problem, inputs.shown(text)))
    # Only what concerns this host is judged here; the group's variables are another file's.
    variables = {**one.variables(), "prep_rsync_secret": secret, "prep_call": str(call.get("id"))}
    judged = inputs.validate(call, {one.name or "-": variables}, {}, {}, [])
    for mistake in judged:
        if inputs.KNOWN_KEYS.get(mistake["key"].split(".")[0].split("[")[0]) == "host" and mistake["key"] not in told:
            found.append((mistake["key"], mistake["expected"], mistake["got"]))
    return found


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{number}]")
    elif isinstance(value, str):
        yield path, value


def _text_problem(text: str) -> str | None:
    if any(mark in text for mark in TEMPLATES):
        return "text without {{, {% and {#, which Ansible would evaluate"
    # Zl, Zp: line ends that YAML and terminals know; Cf: among them what turns the direction of writing.
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in "\u202a\u202b\u202d\u202e\u2066\u2067"
           for letter in text):  # fmt: skip
        return "text on one line, without control characters"
    return None


def _is_address(text: str) -> bool:
    if not text or re.fullmatch(r"[0-9.]+", text) or ":" in text:
        try:
            addresses.parse_address(text)
        except addresses.AddressError:
            return False
        return True
    return bool(addresses.is_host_name(text)) or bool(
        re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", text)
    )


def host_file(one: Outlet, vaulted: str) -> str:
    """The text of ``host_vars/NAME.yml``.

    :param vaulted: the secret, encrypted.
    """
    body = [
        "---",
        f"# {one.outlet.get('name', one.name)}",
        "# Escrito por prepctl; se puede editar. Documentos, declaraciones y dispensas: docs/calls.md.",
        _yaml(one.variables()).rstrip("\n"),
        "",
        "# La clave de rsync de este difusor, sólo suya y cifrada con la contraseña de la bóveda.",
        "prep_rsync_secret: !vault |",
        *(f"  {line}" for line in vaulted.splitlines()),
    ]
    return "\n".join(body) + "\n"


def _yaml(value: Any) -> str:
    import yaml

    class Plain(yaml.SafeDumper):  # type: ignore[misc]
        """Repeats what is equal instead of naming it: a person edits this."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    return str(yaml.dump(value, Dumper=Plain, allow_unicode=True, sort_keys=False, width=110))
