"""How each verb is called, read from the command itself, so that no page can say otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from prepctl.cli import app

MARK = "<!-- written from the command -->"
# In every verb, and said once.
EVERYWHERE = ("--help",)


def commands() -> dict[str, Any]:
    """The verbs, by name, as Typer's commands."""
    return {name: one for name, one in typer.main.get_command(app).commands.items() if not one.hidden}  # type: ignore[attr-defined]


def leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """(words, command) of a verb and the verbs below it that do something."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for word, one in below.items():
        if not one.hidden:
            yield from leaves(f"{name} {word}", one)


def pages() -> dict[str, str]:
    """Verb -> a page that stands on its own, for verbs without one in docs/verbs."""
    return {name: f"# prepctl {name}\n\n{MARK}\n\n{options(name)}\n" for name in commands()}


def index() -> str:
    """The table of all verbs."""
    rows = ["| verb | what it does |", "|---|---|"]
    for name, command in sorted(commands().items()):
        for words, one in leaves(name, command):
            rows.append(f"| [`prepctl {words}`]({name}.md#{anchor(words)}) | {_cell(_sentence(one))} |")
    return "\n".join(rows)


def options(name: str) -> str:
    """A section for each command of a verb: usage, arguments, options."""
    return "\n\n".join(_section(words, command) for words, command in leaves(name, commands()[name]))


def anchor(words: str) -> str:
    """The anchor of a command's section."""
    return "prepctl-" + words.replace(" ", "-")


def _section(words: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    flags = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    usage = " ".join(["prepctl", words, *(_usage(one) for one in arguments), "[OPTIONS]" if flags else ""]).strip()
    lines = [f"## `prepctl {words}` {{#{anchor(words)}}}", ""]
    lines += [line for paragraph in _paragraphs(command.help) for line in (paragraph, "")]
    lines += [f"    {usage}", ""]
    rows = [(f"`{_usage(one)}`", one) for one in arguments]
    rows += [(_names(one), one) for one in flags if not set(EVERYWHERE) & set(one.opts)]
    if rows:
        lines += ["| option | meaning | default |", "|---|---|---|"]
        lines += [f"| {shown} | {_cell(one.help or '')} | {_default(one)} |" for shown, one in rows]
    # An epilog of examples is a paragraph for each command.
    head, *examples = _paragraphs(command.epilog) or [""]
    if head == "Examples:":
        lines += ["", head, "", *(f"    {example}" for example in examples)]
    return "\n".join(lines)


def _usage(argument: Any) -> str:
    word = argument.metavar or argument.name.upper()
    word = word.strip("[]")
    return word if argument.required else f"[{word}]"


def _names(option: Any) -> str:
    value = "" if option.is_flag or option.count else f" {_kind(option)}"
    shown = sorted(option.opts, key=len, reverse=True) + list(option.secondary_opts)
    return ", ".join(f"`{one}{value if one.startswith('--') else ''}`" for one in shown)


def _kind(option: Any) -> str:
    if option.metavar:
        return str(option.metavar)
    return {Path: "PATH", int: "N", float: "N"}.get(option.type_descriptor.annotation, "TEXT")


def _default(option: Any) -> str:
    if option.required:
        return "required"
    value = option.default
    if value in (None, False, "") or getattr(option, "count", False) or callable(value):
        return ""
    return "yes" if value is True else f"`{value}`"


def _sentence(command: Any) -> str:
    return next(iter(_paragraphs(command.help)), "")


def _paragraphs(text: str | None) -> list[str]:
    return [" ".join(one.split()) for one in re.split(r"\n\s*\n", text or "") if one.strip()]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
