"""What a document is made of: plain data, which page and paper set each in its way; no text is ever markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

Block = dict[str, Any]


def heading(text: str, level: int = 2) -> Block:
    return {"t": "heading", "text": text, "level": level}


def paragraph(text: str) -> Block:
    return {"t": "rich", "runs": [["", text]]}


def note(text: str) -> Block:
    return {"t": "note", "text": text}


def facts(rows: Iterable[tuple[str, str]]) -> Block:
    return {"t": "facts", "rows": [list(row) for row in rows]}


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], align: str = "", small: bool = False, widths: Sequence[int] = ()
) -> Block:
    """A table.

    :param align: a letter a column, ``l`` or ``r``; the first is to the left and the others to the right if not told.
    :param widths: shares of the paper's width, 0 for what a column needs; worked out if not told.
    """
    return {
        "t": "table",
        "head": list(head),
        "rows": [list(row) for row in rows],
        "align": align or "l" + "r" * (len(head) - 1),
        "small": small,
        "widths": list(widths),
    }


def plot(svg: str, caption: str) -> Block:
    return {"t": "plot", "svg": svg, "caption": caption}


def items(texts: Iterable[str]) -> Block:
    return {"t": "items", "items": [[["", text]] for text in texts], "ordered": False}


def markdown(text: str) -> list[Block]:
    """Comments as blocks: headings, paragraphs, lists, emphasis, code, links as text; no HTML, no images."""
    tokens = MarkdownIt("commonmark", {"html": False}).disable(["image"]).parse(text)
    found: list[Block] = []
    lists: list[Block] = []
    for place, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append({"t": "items", "items": [], "ordered": token.type == "ordered_list_open"})
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            done = lists.pop()
            if lists:
                # A list within a list: told behind what it belongs to.
                lists[-1]["items"] += done["items"]
            else:
                found.append(done)
        elif token.type == "inline":
            runs, before = _runs(token), tokens[place - 1]
            if before.type == "heading_open":
                # Below the document's own headings.
                found.append(heading("".join(text for _style, text in runs), 3))
            elif lists:
                lists[-1]["items"].append(runs)
            else:
                found.append({"t": "rich", "runs": runs})
        elif token.type in ("fence", "code_block"):
            found.append({"t": "rich", "runs": [["code", token.content.rstrip()]]})
    return found


def _runs(token: Token) -> list[list[str]]:
    runs: list[list[str]] = []
    strong = emphasis = 0
    for one in token.children or []:
        strong += {"strong_open": 1, "strong_close": -1}.get(one.type, 0)
        emphasis += {"em_open": 1, "em_close": -1}.get(one.type, 0)
        if one.type in ("text", "html_inline"):
            runs.append(["strong" if strong else "em" if emphasis else "", one.content])
        elif one.type == "code_inline":
            runs.append(["code", one.content])
        elif one.type in ("softbreak", "hardbreak"):
            runs.append(["", " "])
    return runs
