"""The manual page, written from the commands themselves: `prepctl man | man -l -`."""

from __future__ import annotations

import re
from typing import Any

import typer

from prepctl.exit_codes import ExitCode

CODES = {
    ExitCode.OK: "All well.",
    ExitCode.USAGE: "The command line or the inventory is wrong; no server was touched.",
    ExitCode.CONTROL_FAILED: "A required control is not proven, or a server was refused.",
    ExitCode.UNREACHABLE: "Some server could not be reached; the others were worked on.",
    ExitCode.RUN_FAILED: "The run itself failed, or was interrupted.",
}
ENVIRONMENT = (
    ("LC_ALL, LC_MESSAGES, LANG", "Messages are in Spanish where the first of them that is set says es."),
    ("PREPCTL_DEBUG", "Set: tracebacks, as with --debug."),
    ("PREPCTL_KEY_PASSPHRASE", "Passphrase of the key that signs cuts."),
    ("PREPCTL_TMPDIR", "Where a run keeps what is secret while it lasts, instead of /dev/shm."),
    ("NO_COLOR", "Set: no colours."),
)
FILES = (
    ("diffusers.ini, group_vars/, host_vars/", "The inventory."),
    ("known_hosts", "The SSH host keys that somebody vouched for."),
    (".vault-password", "The password of the vault; for its owner only, and in no repository."),
    ("keys/", "The keys that sign cuts and reports."),
    ("runs/RUN/", "Each run's log, a log for each diffuser, and what became of them."),
    ("reports/RUN/", "Each run's report."),
    (".standing/", "How the last whole run left each server; can be deleted at any time."),
)


def page(app: typer.Typer, version: str) -> str:
    """The page, as roff.

    :param version: shown at its foot.
    """
    root: Any = typer.main.get_command(app)
    lines = [
        f'.TH PREPCTL 1 "" "iepc.prep {_escaped(version)}" "User Commands"',
        ".SH NAME", r"prepctl \- " + _escaped(root.help or ""),
        ".SH SYNOPSIS", r".B prepctl", r"[\-\-debug] \fIVERB\fR [\fIOPTIONS\fR]",
        ".SH VERBS",
    ]  # fmt: skip
    for words, command in _verbs(root, ()):
        lines += _verb(words, command)
    lines += [".SH EXIT STATUS"]
    for code, meaning in CODES.items():
        lines += [".TP", rf".B {int(code)}", _escaped(meaning)]
    for title, entries in (("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)):
        lines.append(f".SH {title}")
        for name, meaning in entries:
            lines += [".TP", f".B {_escaped(name)}", _escaped(meaning)]
    lines += [".SH SEE ALSO", r".BR ansible\-playbook (1),", r".BR ansible\-vault (1),", ".BR ssh (1)"]
    return "\n".join(lines) + "\n"


def _verbs(group: Any, before: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    found: list[tuple[tuple[str, ...], Any]] = []
    for name, command in group.commands.items():
        if command.hidden:
            continue
        words = (*before, name)
        found += _verbs(command, words) if hasattr(command, "commands") else [(words, command)]
    return found


def _verb(words: tuple[str, ...], command: Any) -> list[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    usage = " ".join(_argument(one) for one in arguments)
    lines = [f'.SS "{_escaped(" ".join(["prepctl", *words, usage]).strip())}"']
    for paragraph in re.split(r"\n\s*\n", command.help or ""):
        lines += [".PP", _escaped(" ".join(paragraph.split()))]
    for one in command.params:
        if one.param_type_name == "argument":
            title = _argument(one)
        else:
            title = ", ".join([*one.opts, *one.secondary_opts])
            if not one.is_flag and not getattr(one, "count", False):
                title += f" {one.metavar or one.opts[0].strip('-').upper()}"
        lines += [".TP", rf".B {_escaped(title)}", _escaped(" ".join((getattr(one, "help", "") or "").split()))]
    commands = [one for one in (command.epilog or "").split("\n\n") if one.startswith("prepctl")]
    if commands:
        lines += [".PP", "Examples:", ".RS", ".nf", *(_escaped(one) for one in commands), ".fi", ".RE"]
    return lines


def _argument(one: Any) -> str:
    name = str(one.metavar or one.name.upper())
    return name if one.required or name.startswith("[") else f"[{name}]"


def _escaped(text: str) -> str:
    """Text that roff takes for nothing else."""
    safe = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")
    return r"\&" + safe if safe.startswith((".", "'")) else safe
