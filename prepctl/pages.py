"""What the static pages around a publication have in common: their frame, their looks, a table of incidents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #4a5565; --paper: #f5f6f8; --card: #fff; --line: #d5dae1;
  --good: #17633a; --held: #7a5200; --bad: #a11224; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef1f5; --soft: #b4bdc9; --paper: #12161c; --card: #1b212a;
  --line: #343d4a; --good: #7fd6a2; --held: #f0c674; --bad: #ff9aa5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.25rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { margin: 0; font-size: 1.5rem; } h2 { margin: 2rem 0 .5rem; font-size: 1.125rem; }
p { margin: .25rem 0 1rem; color: var(--soft); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .25rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .5rem .75rem; text-align: left; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; } tr:last-child > * { border-bottom: 0; }
.number { text-align: right; } .good { color: var(--good); } .held { color: var(--held); }
.bad { color: var(--bad); font-weight: 700; }
"""


def page(title: str, body: str, *, style: str = "", refresh_s: int | None = None, lang: str = "es-MX") -> str:
    """Return a whole page that fetches nothing.

    :param title: text; also its headline.
    :param body: markup below the headline.
    :param style: CSS besides what all pages have.
    :param lang: language of title and body.
    :param refresh_s: seconds after which it loads itself anew; None never.
    """
    refresh = f'<meta http-equiv="refresh" content="{refresh_s}">\n' if refresh_s else ""
    return f"""<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{STYLE}{style}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
</body>
</html>
"""


def incidents(rows: Iterable[tuple[str, str, str, str, str]], none: str) -> str:
    """Return the table of incidents, each since, until, diffuser, what and detail; or ``none``, said in its place."""
    return _table(("desde", "hasta", "difusor", "qué", "detalle"), rows, none)


def intrusions(rows: Iterable[tuple[str, str, str]], none: str) -> str:
    """Return the table of bans and refusals, each minute, diffuser and what was done; or ``none``."""
    return _table(("minuto", "difusor", "qué"), rows, none)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], none: str) -> str:
    """Return a table in which the diffuser is each row's head."""
    named = heads.index("difusor")
    lines = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(cell)}</th>' if number == named else f"<td>{escape(cell)}</td>"
            for number, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    if not lines:
        return f"<p>{escape(none)}</p>"
    titles = "".join(f"<th>{escape(head)}</th>" for head in heads)
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>'
    )
