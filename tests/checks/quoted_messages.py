"""Check that each message that docs/troubleshooting.md answers is one that the code says.

A message is a third-level heading in backticks; ``…`` stands for what differs. Looked for are the texts of the Python
code (of an f-string what is fixed) and those of the roles' and playbooks' YAML.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PAGE = TOP / "docs/troubleshooting.md"
QUOTED = re.compile(r"^### `(.+)`$", re.MULTILINE)


def texts_of_python(path: Path) -> Iterator[str]:
    """Each text of a module; what an f-string works out is left as a hole."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # What stands in a docstring is said to nobody.
    silent = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body
        if isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.value


def said() -> list[str]:
    """What the code can say, each text on one line."""
    found: list[str] = []
    for directory in ("prepctl", "plugins"):
        for path in sorted((TOP / directory).rglob("*.py")):
            found += texts_of_python(path)
    for pattern in ("roles/*/tasks/*.yml", "roles/*/vars/**/*.yml", "playbooks/*.yml"):
        # A text that ends beside a tilde goes on in the next line: quotes and tildes are no part of what is said.
        found += [re.sub(r"'\s*~\s*'", "", path.read_text(encoding="utf-8")) for path in sorted(TOP.glob(pattern))]
    return [" ".join(text.split()) for text in found]


def pattern_of(message: str) -> re.Pattern[str]:
    """The message with holes where ``…`` stands."""
    return re.compile(".{0,400}?".join(re.escape(part.strip()) for part in message.split("…") if part.strip()))


def main() -> int:
    messages = QUOTED.findall(PAGE.read_text(encoding="utf-8"))
    texts = said()
    found = [
        f"{PAGE.relative_to(TOP)}: no code says {message!r} any more"
        for message in messages
        if not any(map(pattern_of(message).search, texts))
    ]
    found += [] if messages else [f"{PAGE.relative_to(TOP)}: answers no message"]
    print("\n".join(found) or f"{len(messages)} messages are still said")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
