"""A document on paper, set by typst with fonts of its own: the same document gives the same pages anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.memory.blocks import Block

TEMPLATES = Path(__file__).with_name("paper")
TEMPLATE = "memoria.typ"


def pdf(document: Block, lang: str, made: int) -> bytes:
    """The document as PDF.

    :param made: when it was, in seconds since 1970.
    """
    return bytes(_typeset(document, lang, made, format="pdf"))


def pictures(document: Block, lang: str, made: int) -> list[bytes]:
    """The same as pictures, one a page."""
    drawn = _typeset(document, lang, made, format="png", ppi=72)
    return drawn if isinstance(drawn, list) else [drawn]


def _typeset(document: Block, lang: str, made: int, **how: Any) -> Any:
    try:
        import typst
    except ImportError as missing:
        raise PrepctlError(f"typst is not installed ({missing}); pip install typst, or leave pdf out") from missing
    compiler = typst.Compiler(
        str(TEMPLATES / TEMPLATE),
        root=str(TEMPLATES),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps({**document, "lang": lang}, ensure_ascii=False)},
    )
    try:
        return compiler.compile(timestamp=made, **how)
    except typst.TypstError as problem:
        raise PrepctlError(f"typst could not set {TEMPLATE}: {problem.message}", ExitCode.RUN_FAILED) from problem
