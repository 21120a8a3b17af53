"""The status as one static page."""

from __future__ import annotations

from html import escape
from typing import Any

from prepctl import pages
from prepctl.status import words

MARKS = {"good": "✓", "held": "–", "bad": "✗"}


def render(status: dict[str, Any], lang: str) -> str:
    """Return the page."""
    said = words.WORDS[lang]
    heads = [said[key] for key in ("outlet", "documents", "infrastructure", "drills", "compliance", "next")]
    rows = "".join(_row(one, lang) for one in status["diffusers"])
    days = "".join(
        f"<tr><td>{escape(one['date'])}</td><td>{escape(one['title'][lang])}</td>"
        f'<td class="number">{one["days_left"]}</td></tr>'
        for one in status["calendar"]
    )
    body = f"""<p>{escape(status["title"].get(lang) or status["call"])}, {said["at"]} {escape(status["today"])}.</p>
<div class="scroll" tabindex="0"><table><thead><tr>{"".join(f"<th>{escape(one)}</th>" for one in heads)}
<th class="number">{escape(said["days"])}</th></tr></thead><tbody>{rows}</tbody></table></div>
<h2>{escape(said["calendar"])}</h2>
<div class="scroll" tabindex="0"><table><thead><tr><th>{escape(said["day"])}</th><th>{escape(said["what"])}</th>
<th class="number">{escape(said["left"])}</th></tr></thead><tbody>{days}</tbody></table></div>"""
    return pages.page(said["title"], body, lang="es-MX" if lang == "es" else "en")


def _row(one: dict[str, Any], lang: str) -> str:
    cells = [f'<th scope="row">{escape(str(one["outlet"] or one["name"]))}</th>']
    for of in (words.documents, words.infrastructure, words.drills, words.compliance, words.upcoming):
        text, kind = of(one, lang)
        more = words.remarks(one, lang) if of is words.documents else []
        below = "".join(f"<br><small>{escape(line)}</small>" for line in more)
        cells.append(f'<td class="{kind}">{MARKS[kind]} {escape(text)}{below}</td>')
    cells.append(f'<td class="number">{escape(words.days_left(one))}</td>')
    return f"<tr>{''.join(cells)}</tr>"
