"""A document as one HTML file that fetches nothing and runs nothing."""

from __future__ import annotations

from html import escape

from prepctl.memory.blocks import Block

STYLE = """
:root { --ink: #1c2430; --soft: #4a5565; --line: #d5dae1; --accent: #6b1d5c; --paper: #fff; --tint: #f5f2f6; }
* { box-sizing: border-box; }
body { margin: 0; background: #eceef1; color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 3rem) 3rem; background: var(--paper);
  border-top: 6px solid var(--accent); }
header p { margin: .1rem 0; color: var(--soft); } header .who { color: var(--accent); font-weight: 600; }
h1 { margin: .3rem 0; font-size: 1.9rem; line-height: 1.2; } h2 { margin: 2.6rem 0 .8rem; padding-bottom: .3rem;
  border-bottom: 2px solid var(--accent); font-size: 1.3rem; } h3 { margin: 1.8rem 0 .5rem; font-size: 1.05rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .6rem; margin: 1rem 0; }
.facts div { background: var(--tint); padding: .6rem .8rem; border-radius: .3rem; }
.facts dt { color: var(--soft); font-size: .85rem; } .facts dd { margin: 0; font-size: 1.15rem; font-weight: 600;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: .6rem 0 1rem; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; border-bottom-width: 2px; }
tbody th { min-width: 6rem; } td { overflow-wrap: anywhere; } .r { text-align: right; } td.r { white-space: nowrap; }
figure { margin: 1rem 0; } figure svg { width: 100%; height: auto; display: block; }
figcaption { color: var(--soft); font-size: .9rem; margin-bottom: .3rem; }
.note { border-left: 4px solid #b9770e; background: #fdf6ea; padding: .5rem .8rem; margin: .6rem 0; }
code { font-family: ui-monospace, monospace; font-size: .92em; background: var(--tint); padding: 0 .2em;
  white-space: pre-wrap; }
@media screen and (max-width: 40rem) { figure svg { min-width: 40rem; } }
@media print { body { background: none; } main { border: 0; max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; } figure, tr { break-inside: avoid; } .scroll { overflow: visible; }
  table { font-size: .68rem; } th, td { padding: .2rem .3rem; } tbody th { min-width: 3rem; } }
"""
_TAGS = {"strong": "strong", "em": "em", "code": "code"}


def render(document: Block, lang: str) -> str:
    """Return the page."""
    head = "".join(f"<p>{escape(line)}</p>" for line in document["lines"])
    body = "".join(_block(block) for block in document["blocks"])
    return f"""<!DOCTYPE html>
<html lang="{"es-MX" if lang == "es" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>{escape(document["title"])}: {escape(document["subtitle"])}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<header><p class="who">{escape(document["who"])}</p>
<h1>{escape(document["title"])}: {escape(document["subtitle"])}</h1>{head}</header>
{body}
</main>
</body>
</html>
"""


def _block(block: Block) -> str:
    kind = block["t"]
    if kind == "heading":
        return f"<h{block['level']}>{escape(block['text'])}</h{block['level']}>\n"
    if kind == "rich":
        return f"<p>{_runs(block['runs'])}</p>\n"
    if kind == "note":
        return f'<p class="note">{escape(block["text"])}</p>\n'
    if kind == "facts":
        rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in block["rows"])
        return f'<dl class="facts">{rows}</dl>\n'
    if kind == "items":
        tag = "ol" if block["ordered"] else "ul"
        return f"<{tag}>{''.join(f'<li>{_runs(runs)}</li>' for runs in block['items'])}</{tag}>\n"
    if kind == "plot":
        # The picture is drawn by this program, which escapes what it writes.
        frame = f'<div class="scroll" tabindex="0">{block["svg"]}</div>'
        return f"<figure><figcaption>{escape(block['caption'])}</figcaption>{frame}</figure>\n"
    return _table(block)


def _runs(runs: list[list[str]]) -> str:
    told = []
    for style, text in runs:
        tag = _TAGS.get(style)
        told.append(f"<{tag}>{escape(text)}</{tag}>" if tag else escape(text))
    return "".join(told)


def _table(block: Block) -> str:
    classes = [' class="r"' if letter == "r" else "" for letter in block["align"]]
    head = "".join(
        f'<th scope="col"{css}>{escape(text)}</th>' for text, css in zip(block["head"], classes, strict=True)
    )
    rows = []
    for row in block["rows"]:
        first, *others = zip(row, classes, strict=True)
        cells = f'<th scope="row"{first[1]}>{escape(first[0])}</th>'
        rows.append(f"<tr>{cells}{''.join(f'<td{css}>{escape(text)}</td>' for text, css in others)}</tr>")
    inside = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="scroll" tabindex="0"><table>{inside}</table></div>\n'
