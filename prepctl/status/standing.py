"""Where each outlet stands against the call's calendar; pure functions of what the workspace holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from prepctl.outcome import FIT
from prepctl.publish.drill import STAGE as DRILLS

# The document with which an outlet hands its server over.
HANDED_OVER = "infrastructure"


def build(
    call: Mapping[str, Any],
    outlets: Iterable[tuple[str, Mapping[str, Any]]],
    reports: Iterable[Mapping[str, Any]],
    drills: Iterable[Mapping[str, Any]],
    today: date,
) -> dict[str, Any]:
    """The status of all outlets.

    :param outlets: (name, variables) of each diffuser.
    :param reports: compliance.json of every run, the oldest first: one may be of some diffusers only.
    :param drills: drill.json of every drill.
    :param today: on the calendar of the call's zone.
    """
    latest = {}
    for report in reports:
        for one in report.get("diffusers") or []:
            latest[str(one.get("name"))] = (report.get("run") or {}, one)
    held = [_drill(one, call["zone"]) for one in drills]
    diffusers = [_diffuser(call, name, values, latest.get(name), held, today) for name, values in outlets]
    return {
        "schema": 1,
        "verb": "status",
        "call": call["id"],
        "title": dict(call["title"]),
        "today": today.isoformat(),
        "calendar": calendar(call, today),
        "diffusers": diffusers,
        "behind": [one["name"] for one in diffusers if one["behind"]],
    }


def calendar(call: Mapping[str, Any], today: date) -> list[dict[str, Any]]:
    """The call's days in order: deadlines of documents, drills, the other stages, publication."""
    days: list[dict[str, Any]] = []
    for document in call["documents"]:
        if document.get("deadline"):
            days.append(_day("document", document["slug"], document["title"], document["deadline"], today))
    for stage in call["stages"]:
        for day in [*(stage.get("dates") or []), *filter(None, [stage.get("from")])]:
            days.append(_day("stage", stage["slug"], stage["title"], day, today))
        if not stage.get("dates") and not stage.get("from") and stage.get("until"):
            days.append(_day("stage", stage["slug"], stage["title"], stage["until"], today))
    return sorted(days, key=lambda one: (one["date"], one["kind"], one["slug"]))


def _day(kind: str, slug: str, title: Mapping[str, str], day: str, today: date) -> dict[str, Any]:
    return {
        "kind": kind, "slug": slug, "title": dict(title), "date": day,
        "days_left": (date.fromisoformat(day) - today).days,
    }  # fmt: skip


def _diffuser(
    call: Mapping[str, Any],
    name: str,
    values: Mapping[str, Any],
    latest: tuple[Mapping[str, Any], Mapping[str, Any]] | None,
    held: list[dict[str, Any]],
    today: date,
) -> dict[str, Any]:
    outlet = _mapping(values.get("prep_outlet"))
    documents = [_document(one, values, outlet, today) for one in call["documents"]]
    asked = [one for one in documents if one["asked"]]
    drills = [_drill_of(name, day, held, today) for day in _drill_days(call)]
    run, found = latest or ({}, {})
    verdict = str(found.get("verdict") or "") or None
    to_come = [one for one in asked if not one["date"]]
    next_day = min((one for one in to_come if one["deadline"]), key=lambda one: one["deadline"], default=None)
    upcoming = [day for day in calendar(call, today) if day["days_left"] >= 0 and day["kind"] == "stage"]
    overdue = [one["slug"] for one in to_come if one["days_left"] is not None and one["days_left"] < 0]
    missed = [one["date"] for one in drills if one["state"] in ("missed", "no_record")]
    return {
        "name": name,
        "outlet": outlet.get("name"),
        "documents": {"handed_over": len(asked) - len(to_come), "asked": len(asked), "each": documents},
        "infrastructure": _infrastructure(documents, found, today),
        "drills": {"passed": sum(one["state"] == "passed" for one in drills), "of": len(drills), "each": drills},
        "compliance": {
            "verdict": verdict, "run": run.get("id"), "finished": run.get("finished"), "fit": verdict in FIT,
        },
        "next": _next(next_day, upcoming),
        "behind": overdue + [f"{DRILLS}:{day}" for day in missed]
        + (["compliance"] if verdict not in FIT and _due(call) < today.isoformat() else []),
    }  # fmt: skip


def _document(
    one: Mapping[str, Any], values: Mapping[str, Any], outlet: Mapping[str, Any], today: date
) -> dict[str, Any]:
    record = _mapping(_mapping(values.get("prep_documents")).get(one["slug"]))
    handed = str(record.get("date") or "") or None
    deadline = one.get("deadline")
    asked = not one.get("asked_if") or bool(outlet.get(one["asked_if"]))
    if one.get("due_from") and not handed and today.isoformat() < one["due_from"]:
        asked = False
    return {
        "slug": one["slug"], "title": dict(one["title"]), "asked": asked, "deadline": deadline, "date": handed,
        "late": bool(handed and deadline and handed > deadline),
        "days_left": (date.fromisoformat(deadline) - today).days if deadline and not handed else None,
    }  # fmt: skip


def _infrastructure(documents: list[dict[str, Any]], found: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Handed over on paper, and reached: two things."""
    paper = next((one for one in documents if one["slug"] == HANDED_OVER), None)
    state = "not_asked"
    if paper:
        late = not paper["date"] and paper["days_left"] is not None and paper["days_left"] < 0
        state = "handed_over" if paper["date"] else "overdue" if late else "awaited"
    return {"state": state, "contact": str(found.get("contact") or "") or None}


def _due(call: Mapping[str, Any]) -> str:
    """The last day on which a server need not comply yet: that of its handing over, else the one before publication."""
    days = [one["deadline"] for one in call["documents"] if one["slug"] == HANDED_OVER and one.get("deadline")]
    return str(min([*days, *_drill_days(call), call["windows"]["publication"]["opens"][:10]]))


def _drill_days(call: Mapping[str, Any]) -> list[str]:
    return [day for stage in call["stages"] if stage["slug"] == DRILLS for day in stage.get("dates") or []]


def _drill(report: Mapping[str, Any], zone: str) -> dict[str, Any]:
    start = datetime.fromisoformat(str(report["actual"]["start"]).replace("Z", "+00:00"))
    return {
        "date": start.astimezone(ZoneInfo(zone)).date().isoformat(),
        "mirrors": {str(one["mirror"]): one for one in report.get("mirrors") or []},
    }


def _drill_of(name: str, day: str, held: list[dict[str, Any]], today: date) -> dict[str, Any]:
    """How a diffuser did on a day of the call; the last drill of that day counts."""
    own = [one["mirrors"][name] for one in held if one["date"] == day and name in one["mirrors"]]
    if own:
        last = own[-1]
        state = "passed" if last["expected"] and not last["missed"] else "missed"
        return {"date": day, "state": state, "received": last["received"], "expected": last["expected"]}
    return {"date": day, "state": "no_record" if day < today.isoformat() else "to_come"}


def _next(document: dict[str, Any] | None, stages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What comes next: an awaited document, unless a day of the call is before it."""
    days = [] if document is None else [{
        "kind": "document", "slug": document["slug"], "title": document["title"], "date": document["deadline"],
        "days_left": document["days_left"],
    }]  # fmt: skip
    return min([*days, *stages[:1]], key=lambda one: (one["date"], one["slug"]), default=None)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
