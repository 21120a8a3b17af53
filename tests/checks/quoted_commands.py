"""Check that each `prepctl` command that the documentation shows has its verb and its options.

Looked at are lines that are nothing but a command, and commands in backticks, of README.md and docs/.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from prepctl.cli import app

TOP = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^ {0,8}(?:\$ )?(?:sudo )?prepctl (.*)$")
INLINE = re.compile(r"`(?:sudo )?prepctl ([^`]+)`")
# A word that stands for another: VERB, NAME, [RUN|FILE], ...
STANDS_FOR = re.compile(r"[\[<]?[A-Z][A-Z|\]]*>?|\.\.\.|…")


def commands(text: str) -> Iterator[str]:
    """The arguments of each prepctl command of a page."""
    for line in text.splitlines():
        found = LINE.match(line)
        if found:
            yield re.split(r"\s#\s|\s\|\s|;\s", found[1])[0]
        else:
            yield from (re.split(r"\s\|\s", one)[0] for one in INLINE.findall(line))


def mistake(arguments: str) -> str | None:
    """What of a command prepctl does not know."""
    root: Any = typer.main.get_command(app)
    command, path = root, "prepctl"
    for word in shlex.split(arguments):
        below = getattr(command, "commands", {})
        if word.startswith("-") and len(word) > 1:
            name = word.partition("=")[0]
            known = {one for level in (root, command) for param in level.params for one in _spellings(param)}
            # `report --diff` is `report write --diff`.
            known |= {one for param in getattr(below.get("write"), "params", []) for one in _spellings(param)}
            if name not in known | {"--help", "--debug"}:
                return f"{path} has no {name}"
        elif word in below:
            command, path = below[word], f"{path} {word}"
        elif command is root and not STANDS_FOR.fullmatch(word):
            return f"{path} has no verb {word}"
    return None


def _spellings(param: Any) -> list[str]:
    return [*param.opts, *param.secondary_opts]


def main() -> int:
    found, count = [], 0
    for path in [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]:
        for arguments in commands(path.read_text(encoding="utf-8")):
            count += 1
            try:
                wrong = mistake(arguments)
            except ValueError as problem:
                wrong = str(problem)
            if wrong:
                found.append(f"{path.relative_to(TOP)}: prepctl {arguments}: {wrong}")
    print("\n".join(found) or f"{count} commands are prepctl's")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main())
