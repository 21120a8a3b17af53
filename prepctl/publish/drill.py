"""The drill: a rehearsal of N cuts at the call's cadence or faster, and its report.

The sites of the cuts are prepared beforehand, one directory each; they are published in the order of their names.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timezone
from html import escape
from pathlib import Path
from typing import Any

from prepctl import pages
from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.publish.mirrors import Inventory
from prepctl.publish.publisher import Delivery
from prepctl.watch.words import KINDS

STAGE = "drills"
DELIVERED = ("shown", "superseded", "suspended")


def run(
    known: Inventory, trees: list[Path], cadence_s: float, publish: Callable[[Path], list[Delivery]],
    sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.time,
) -> dict[str, Any]:  # fmt: skip
    """Publish the cuts at their times; return the report.

    A cut that takes longer than the cadence puts off the next one, and that shows in the report.
    """
    start = clock()
    rounds: list[list[Delivery]] = []
    errors: list[str] = []
    for number, tree in enumerate(trees):
        wait = start + number * cadence_s - clock()
        if wait > 0:
            sleep(wait)
        try:
            rounds.append(publish(tree))
        except PrepctlError as problem:
            errors.append(str(problem))
    end = clock()
    mirrors = [_of_mirror(mirror, rounds, len(trees)) for mirror in known.mirrors]
    lags = [one.lag_s for done in rounds for one in done if one.lag_s is not None]
    complete = not errors and all(one["missed"] == 0 for one in mirrors)
    return {
        "schema": 1, "verb": "drill", "exit_code": int(ExitCode.OK if complete else ExitCode.CONTROL_FAILED),
        "call": known.call["id"], "institute": known.call["institute"]["name"], "cadence_s": cadence_s,
        "planned": {"start": _utc(start), "end": _utc(start + (len(trees) - 1) * cadence_s)},
        "actual": {"start": _utc(start), "end": _utc(end), "start_epoch": start, "end_epoch": end},
        "cuts": {"expected": len(trees), "published": len(rounds), "errors": errors},
        "lag_s": _spread(lags), "mirrors": mirrors, "incidents": [],
    }  # fmt: skip


def _of_mirror(mirror: Any, rounds: list[list[Delivery]], expected: int) -> dict[str, Any]:
    own = [one for done in rounds for one in done if one.mirror == mirror.name]
    received = sum(one.outcome in DELIVERED for one in own)
    return {
        "mirror": mirror.name, "outlet": mirror.outlet.get("name"), "contact": mirror.contacts.get(STAGE),
        "expected": expected, "received": received, "missed": expected - received,
        "lag_s": _spread([one.lag_s for one in own if one.lag_s is not None]),
        "failed_checks": sum(one.outcome not in DELIVERED for one in own),
        "failures": [f"{one.outcome}: {one.detail}" for one in own if one.outcome not in DELIVERED],
    }  # fmt: skip


def _spread(values: list[float]) -> dict[str, float | None]:
    if not values:
        return {"median": None, "maximum": None}
    return {"median": round(statistics.median(values), 3), "maximum": round(max(values), 3)}


def _utc(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, timezone.utc).isoformat(timespec="seconds")


def write(report: dict[str, Any], directory: Path) -> Path:
    """Keep the report, as JSON and as a page; return its directory."""
    place: Path = directory / report["actual"]["start"].replace("-", "").replace(":", "").replace("+0000", "Z")
    place.mkdir(parents=True, exist_ok=True)
    (place / "drill.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (place / "drill.html").write_text(page(report), encoding="utf-8")
    return place


def page(report: dict[str, Any]) -> str:
    """Return the report as a page."""

    def seconds(value: float | None) -> str:
        return "-" if value is None else f"{value:.1f} s"

    rows = []
    for one in report["mirrors"]:
        contact = one["contact"] or {}
        who = ", ".join(str(contact[key]) for key in ("name", "post", "phone", "email") if contact.get(key))
        rows.append(
            f'<tr><th scope="row">{escape(str(one["outlet"] or one["mirror"]))}</th>'
            f'<td class="number">{one["expected"]}</td><td class="number">{one["received"]}</td>'
            f'<td class="number">{one["missed"]}</td><td class="number">{seconds(one["lag_s"]["median"])}</td>'
            f'<td class="number">{seconds(one["lag_s"]["maximum"])}</td><td class="number">{one["failed_checks"]}</td>'
            f"<td>{escape(who) or '-'}</td></tr>"
        )
    incidents = pages.incidents(
        (
            (
                _utc(one["opened"]),
                _utc(one["closed"]) if one["closed"] else "abierta",
                one["mirror"],
                KINDS.get(one["kind"], one["kind"]),
                one["detail"],
            )
            for one in report["incidents"]
        ),
        "Ninguna.",
    )
    heads = "".join(
        f"<th>{word}</th>"
        for word in ("difusor", "esperados", "recibidos", "perdidos", "mediana", "máximo", "fallas", "contacto")
    )
    errors = "".join(f"<p>Corte sin publicar: {escape(one)}</p>" for one in report["cuts"]["errors"])
    body = f"""<p>{escape(report["institute"])}.
Previsto: de {report["planned"]["start"]} a {report["planned"]["end"]}.
Real: de {report["actual"]["start"]} a {report["actual"]["end"]}.
Cortes: {report["cuts"]["published"]} de {report["cuts"]["expected"]}.
Retraso: mediana {seconds(report["lag_s"]["median"])}, máximo {seconds(report["lag_s"]["maximum"])}.</p>
{errors}
<div class="scroll" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>
<h2>Incidencias</h2>
{incidents}"""
    return pages.page("Informe del simulacro", body)
