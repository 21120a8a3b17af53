"""The watch in a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from prepctl.watch import words
from prepctl.watch.service import View

STYLES = {"good": "green", "held": "yellow", "bad": "bold red"}
MARKS = {"good": "✓", "held": "–", "bad": "✗"}
LAST_INCIDENTS = 8
LAST_INTRUSIONS = 5


def board(view: View, zone: str) -> Group:
    """Return one row per mirror, and the incidents."""
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("difusor", "corte", "antigüedad", "tardó", "respuesta", "estado"):
        rows.add_column(title, justify="right" if title in ("antigüedad", "tardó", "respuesta") else "left")
    for name, look in zip(view.names, view.looks, strict=True):
        kind, said = words.state(look)
        answered = f"{look.seconds * 1000:.0f} ms" if look and look.reached else "-"
        state = Text(f"{MARKS[kind]} {said}", style=STYLES[kind])
        rows.add_row(name, words.cut(look), words.age(look), words.lag(view.lags.get(name)), answered, state)
    newest = (
        f"último corte publicado: {view.newest['clock'][11:16]}" if view.newest else "aún no se publica ningún corte"
    )
    lines = [Text(f"{words.moment(view.now, zone)}   {newest}", style="bold")]
    incidents = [
        Text(
            f"{words.moment(one.opened, zone)} {one.mirror}: {words.KINDS.get(one.kind, one.kind)}: {one.detail}"
            + ("" if one.closed is None else f" (hasta {words.moment(one.closed, zone)[11:]})"),
            style="red" if one.closed is None else "dim",
        )
        for one in view.incidents[:LAST_INCIDENTS]
    ]
    intrusions = [
        Text(f"{words.moment(one.minute, zone)} {one.mirror}: {words.intrusion(one)}", style="magenta")
        for one in view.intrusions[:LAST_INTRUSIONS]
    ]
    return Group(*lines, rows, *incidents, *intrusions)
