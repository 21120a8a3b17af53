"""The status in words, for a terminal and for a page."""

# Ansible's collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

from typing import Any

from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import VERDICTS

WORDS = {
    "es": {
        "title": "Avance de los difusores", "diffuser": "difusor", "outlet": "medio", "documents": "documentos",
        "infrastructure": "infraestructura", "drills": "simulacros", "compliance": "cumplimiento",
        "server": "servidor", "verdict": "dictamen", "next": "sigue",
        "days": "días", "handed_over": "entregada", "overdue": "vencida", "awaited": "por entregar", "not_asked": "-",
        "reached": "responde", "unreachable": "sin respuesta", "failed": "no se trabajó", "none": "sin informe",
        "missing": "faltan", "late": "tarde", "passed": "hecho", "missed": "incompleto", "no_record": "sin registro",
        "to_come": "por hacer", "calendar": "Calendario", "day": "día", "what": "qué", "left": "faltan (días)",
        "at": "al", "behind": "atrasos", "nothing": "nada pendiente", "verdict_at": "del",
    },
    "en": {
        "title": "Standing of the diffusers", "diffuser": "diffuser", "outlet": "outlet", "documents": "documents",
        "infrastructure": "infrastructure", "drills": "drills", "compliance": "compliance",
        "server": "server", "verdict": "verdict", "next": "next",
        "days": "days", "handed_over": "handed over", "overdue": "overdue", "awaited": "awaited", "not_asked": "-",
        "reached": "reached", "unreachable": "unreachable", "failed": "not worked on", "none": "no report",
        "missing": "missing", "late": "late", "passed": "done", "missed": "incomplete", "no_record": "no record",
        "to_come": "to come", "calendar": "Calendar", "day": "day", "what": "what", "left": "days left",
        "at": "on", "behind": "behind", "nothing": "nothing open", "verdict_at": "of",
    },
}  # fmt: skip


def documents(one: dict[str, Any], lang: str) -> tuple[str, str]:
    """(words, ``good``, ``held`` or ``bad``)."""
    found = one["documents"]
    missing = [each for each in found["each"] if each["asked"] and not each["date"]]
    overdue = any(each["days_left"] is not None and each["days_left"] < 0 for each in missing)
    late = any(each["late"] for each in found["each"])
    text = f"{found['handed_over']}/{found['asked']}"
    return text, "bad" if overdue or late else "held" if missing else "good"


def remarks(one: dict[str, Any], lang: str) -> list[str]:
    """What stands behind the counts, a line each."""
    words, lines = WORDS[lang], []
    for each in one["documents"]["each"]:
        if each["asked"] and not each["date"]:
            until = f" ({each['deadline']})" if each["deadline"] else ""
            lines.append(f"{words['missing']}: {each['title'][lang]}{until}")
        elif each["late"]:
            lines.append(f"{words['late']}: {each['title'][lang]} ({each['date']} > {each['deadline']})")
    lines += [
        f"{words['drills']} {each['date']}: {words[each['state']]}"
        for each in one["drills"]["each"]
        if each["state"] in ("missed", "no_record")
    ]
    return lines


def infrastructure(one: dict[str, Any], lang: str) -> tuple[str, str]:
    """As :func:`documents`."""
    words, found = WORDS[lang], one["infrastructure"]
    text = words[found["state"]]
    if found["contact"]:
        text += ", " + words.get(found["contact"], found["contact"])
    if found["state"] == "overdue" or found["contact"] in ("unreachable", "failed"):
        return text, "bad"
    return text, "good" if found["state"] == "handed_over" and found["contact"] == "reached" else "held"


def drills(one: dict[str, Any], lang: str) -> tuple[str, str]:
    """As :func:`documents`."""
    found = one["drills"]
    text = f"{found['passed']}/{found['of']}"
    bad = any(each["state"] in ("missed", "no_record") for each in found["each"])
    return text, "bad" if bad else "good" if found["passed"] == found["of"] else "held"


def compliance(one: dict[str, Any], lang: str) -> tuple[str, str]:
    """As :func:`documents`."""
    words, found = WORDS[lang], one["compliance"]
    if not found["verdict"]:
        return words["none"], "held"
    when = f" ({words['verdict_at']} {str(found['finished'] or '')[:10]})" if found["finished"] else ""
    known = VERDICTS.get(found["verdict"])
    text = (known[3 if lang == "en" else 2] if known else found["verdict"]) + when
    return text, "good" if found["fit"] else "held" if found["verdict"] == "NO CONCLUYENTE" else "bad"


def upcoming(one: dict[str, Any], lang: str) -> tuple[str, str]:
    """What comes next; as :func:`documents`."""
    found = one["next"]
    if found is None:
        return WORDS[lang]["nothing"], "good"
    state = "bad" if found["days_left"] < 0 else "held" if found["days_left"] <= 3 else "good"
    return f"{found['title'][lang]} ({found['date']})", state


def days_left(one: dict[str, Any]) -> str:
    """Days until what comes next; negative once it is overdue."""
    return "-" if one["next"] is None else str(one["next"]["days_left"])
