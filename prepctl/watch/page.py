"""The watch as one static page that refreshes itself: which mirror shows which cut, how old, how fast."""

from __future__ import annotations

from html import escape

from prepctl import pages
from prepctl.watch import words
from prepctl.watch.service import View

REFRESH_S = 5
MOST_INTRUSIONS = 50
MARKS = {"good": "✓", "held": "–", "bad": "✗"}


def render(view: View, zone: str, title: str) -> str:
    """Return the page."""
    rows = []
    for name, look in zip(view.names, view.looks, strict=True):
        kind, said = words.state(look)
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th><td>{words.cut(look)}</td>'
            f'<td class="number">{words.age(look)}</td><td class="number">{words.lag(view.lags.get(name))}</td>'
            f'<td class="{kind}">{MARKS[kind]} {escape(said)}</td></tr>'
        )
    newest = (
        f"Último corte publicado: {view.newest['clock'][11:16]} horas."
        if view.newest
        else "Aún no se publica ningún corte."
    )
    incidents = pages.incidents(
        (
            (
                words.moment(one.opened, zone),
                words.moment(one.closed, zone)[11:] if one.closed else "abierta",
                one.mirror,
                words.KINDS.get(one.kind, one.kind),
                one.detail,
            )
            for one in view.incidents
        ),
        "Ninguna en las últimas horas.",
    )
    intrusions = pages.intrusions(
        (
            (words.moment(one.minute, zone)[:-3], one.mirror, words.intrusion(one))
            for one in view.intrusions[:MOST_INTRUSIONS]
        ),
        "Ninguno en las últimas horas.",
    )
    body = f"""<p>{escape(newest)} Observado el {words.moment(view.now, zone)}.</p>
<div class="scroll" tabindex="0"><table>
<thead><tr><th>difusor</th><th>corte</th><th class="number">antigüedad</th><th class="number">tardó</th>
<th>estado</th></tr></thead>
<tbody>{"".join(rows)}</tbody>
</table></div>
<h2>Incidencias</h2>
{incidents}
<h2>Vetos y rechazos</h2>
{intrusions}"""
    return pages.page(title, body, refresh_s=REFRESH_S)
