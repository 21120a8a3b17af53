"""The language of what prepctl says to whoever runs it: Spanish where the locale is, else English.

Reports, notices and pages for readers are no concern of this: they are in Spanish unless ``--lang`` says otherwise.
Code and catalogue speak English; :data:`prepctl.language_es.CATALOGUE` has what people see most. What it does not
have stays English, as do names of options, files and variables, and what other programs say.
"""

from __future__ import annotations

import os
import re


def is_spanish() -> bool:
    """Whether the locale of messages is Spanish, by POSIX's order of variables."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return value.lower().partition(".")[0].partition("_")[0] in ("es", "spanish")
    return False


def say(text: str, /, **values: object) -> str:
    """A sentence with its values, in the language of whoever runs prepctl.

    :param text: English, with ``{fields}``; the catalogue's key.
    """
    if is_spanish():
        from prepctl.language_es import CATALOGUE

        text = CATALOGUE.get(text, text)
    return text.format(**values) if values else text


_MISTAKE = re.compile(
    r"(?P<where>.*?): expected (?P<expected>.*), got (?P<got>.*?)(?: \(did you mean (?P<hint>.*)\?\))?", re.S
)


def phrase(text: str) -> str:
    """What was expected or got, as the checks of the inventory say it, in the language of whoever runs prepctl."""
    if not is_spanish():
        return text
    from prepctl.language_es import CATALOGUE, EXPECTED

    bare = text.removesuffix(" (required)")
    known = EXPECTED.get(bare) or CATALOGUE.get(bare)
    return text if known is None else known + (" (obligatorio)" if bare != text else "")


def translate(line: str) -> str:
    """A finished English line in the language of whoever runs prepctl, where the catalogue knows its pattern."""
    if not is_spanish():
        return line
    from prepctl.language_es import PATTERNS

    for pattern, spanish in PATTERNS:
        found = re.fullmatch(pattern, line, re.S)
        if found:
            return found.expand(spanish)
    mistake = _MISTAKE.fullmatch(line)
    if mistake:
        hint = f" (¿quiso decir {mistake['hint']}?)" if mistake["hint"] else ""
        return (
            f"{mistake['where']}: se esperaba {phrase(mistake['expected'])}; se recibió {phrase(mistake['got'])}{hint}"
        )
    return line
