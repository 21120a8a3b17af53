"""The watch's words for people, in Spanish, and how a moment is put."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from prepctl.intrusions import Intrusion
from prepctl.watch.look import Look

KINDS = {
    "down": "sin respuesta",
    "stale": "corte atrasado",
    "altered": "contenido alterado",
    "foreign": "corte ajeno",
    "clock": "sin la hora del corte",
    "certificate": "certificado por vencer",
    "notice": "aviso y estado no concuerdan",
    "late": "sin cortes nuevos",
    "suspended": "suspendido por el Instituto",
}


def state(look: Look | None) -> tuple[str, str]:
    """Return (``good``, ``held`` or ``bad``; the words) of what was seen last."""
    if look is None:
        return "held", "aún sin observar"
    if look.findings:
        return "bad", ", ".join(dict.fromkeys(KINDS.get(one.kind, one.kind) for one in look.findings))
    if look.suspended is not None:
        return "held", KINDS["suspended"]
    return ("good", "al día") if look.cut else ("held", "estado cero")


def cut(look: Look | None) -> str:
    """Return the cut's own clock: 20:15."""
    return str(look.cut["clock"])[11:16] if look and look.cut else "-"


def age(look: Look | None) -> str:
    """Return how old the cut is, in words."""
    seconds = look.age_s if look else None
    if seconds is None:
        return "-"
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"


def lag(seconds: float | None) -> str:
    """Return how long a mirror took."""
    return "-" if seconds is None else f"{seconds:.1f} s"


def moment(epoch: float, zone: str) -> str:
    """Return a moment on the clocks of the call's zone."""
    return f"{datetime.fromtimestamp(epoch, ZoneInfo(zone)):%d/%m/%Y %H:%M:%S}"


def intrusion(one: Intrusion) -> str:
    """Return what was done with a source: who, by which rule, how often."""
    done = "vetado" if one.kind == "ban" else "rechazado"
    said = f"{one.source} {done} por {one.rule}" + (f" ({one.what})" if one.what else "")
    return said if one.count == 1 else f"{said}, {one.count} veces"
