# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML file for people: a view of compliance.json, nothing more.

Servers may be hostile and their words end up in the page: every value goes
through Jinja's autoescape, and the page's own policy (CSP) allows exactly one
style sheet and one script, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ansible_collections.iepc.prep.plugins.module_utils import verdict as verdicts
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import COLLECTION
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = COLLECTION / "roles" / "compliance" / "templates"

# (symbol, words): state is told by shape and text, colour only helps.
STATES = {
    "pass": ("✓", "Cumple"),
    "fail": ("✗", "No cumple"),
    "error": ("!", "Error al comprobar"),
    "no_evidence": ("?", "Sin evidencia"),
    "unreachable": ("–", "Sin contacto"),
    "not_applicable": ("∅", "No aplica"),
    "waived": ("D", "Con dispensa"),
    "attested": ("✎", "Declarado"),
}
VERDICT_CSS = {
    verdicts.APT: ("is-apt", "✓", "t-apt", "Aptos"),
    verdicts.APT_WITH_REMARKS: ("is-remarks", "✓", "t-remarks", "Aptos con observaciones"),
    verdicts.NOT_APT: ("is-not", "✗", "t-not", "No aptos"),
    verdicts.INCONCLUSIVE: ("is-open", "?", "t-open", "No concluyentes"),
}
SEVERITIES = {"required": "obligatorio", "recommended": "recomendado"}
CONTACTS = {"unreachable": "Sin contacto", "failed": "Configuración incompleta"}
GROUPS = (
    ("I", "I. Publicación y condiciones generales"),
    ("II.1", "II.1 Servidor"),
    ("II.2", "II.2 Cortafuegos perimetral"),
    ("II.3", "II.3 Detección y prevención de intrusiones"),
    ("II.4", "II.4 Protección contra denegación de servicio"),
    ("II.5", "II.5 Ancho de banda"),
    ("II.6", "II.6 Red de distribución de contenidos"),
    ("II.7", "II.7 Servidor dedicado"),
    ("III", "III. Contactos técnicos"),
    ("IV", "IV. Memoria técnica"),
)
# In the order in which they matter: (tag, title of the step).
STEPS = (
    ("firewalld", "Cortafuegos"),
    ("sshd_hardening", "Acceso por SSH"),
    ("rsync_daemon", "Recepción con rsync"),
    ("apache,rsync_daemon,sshd_hardening,firewalld", "Servicios"),
    ("apache", "Servidor web"),
    ("publication", "Publicación"),
    ("intrusion_prevention", "Detección y prevención de intrusiones"),
    ("ddos_protection", "Protección contra denegación de servicio"),
    ("dedicated_host", "Servidor dedicado"),
    ("time_sync", "Reloj"),
    ("log_retention", "Conservación de registros"),
    ("repositories", "Repositorios"),
    ("preflight", "Trámites con el Instituto"),
    ("compliance", "Documentos y declaraciones"),
)
# A tag that is no converging role: what it names is mended by people, then judged again.
BY_PEOPLE = ("compliance", "preflight")
MONTHS = ("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre").split()
# With many diffusers what is met is told by source and time; compliance.json has the excerpts.
MANY = 6


def render(report, digest="", zone="America/Monterrey"):
    """The page.

    :param report: what report_model.build returns.
    :param digest: SHA-256 of compliance.json, for the foot.
    :param zone: IANA zone in which times are told.
    :returns: text.
    """
    style, script = _file("compliance.css"), _file("compliance.js")
    environment = Environment(
        loader=FileSystemLoader(str(TEMPLATES)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    fleet_size = len(report["diffusers"])
    diffusers = [_diffuser(index, one, fleet_size) for index, one in enumerate(report["diffusers"])]
    return environment.get_template("compliance.html.j2").render(
        run=report["run"],
        summary=report["summary"],
        when=local_time(report["run"]["finished"], zone),
        fleet=_fleet(report),
        diffusers=diffusers,
        many=fleet_size > MANY,
        todo=_todo(report),
        matrix=_matrix(report),
        decisions=_decisions(report, zone),
        legend=[{"css": css, "icon": icon, "title": title} for css, (icon, title) in STATES.items()],
        csp=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        digest=digest,
    )


def _file(name):
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _policy(style, script):
    hashes = [base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def local_time(text, zone):
    """``2022-06-06T01:00:00Z`` -> ``5 de junio de 2022, 20:00 h (UTC-5)``."""
    try:
        moment = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
        moment = moment.astimezone(ZoneInfo(zone))
    except (ValueError, ZoneInfoNotFoundError):
        return text
    hours = moment.utcoffset().total_seconds() / 3600
    return f"{moment.day} de {MONTHS[moment.month - 1]} de {moment.year}, {moment:%H:%M} h (UTC{hours:+g})"


def _anchor(diffuser, control=None):
    """A fragment identifier by position: no name from outside ends up in it."""
    return f"d{diffuser}" if control is None else f"d{diffuser}c{control}"


def _state(entry):
    """css, symbol and words of a result with its treatment; what was found stays in the words."""
    icon, title = STATES[entry["result"]]
    css = entry["result"]
    if entry["treatment"] in ("waived", "attested"):
        css = entry["treatment"]
        icon = STATES[css][0]
        if css == "attested":
            title = STATES[css][1]
        else:
            title = f"{title}, con dispensa"
    elif entry["treatment"] == "expired":
        title = f"{title}, dispensa vencida"
    return {"css": css, "icon": icon, "title": title}


def _is_open(entry):
    """Whether somebody has to do something about it."""
    return entry["result"] in ("fail", "error", "no_evidence", "unreachable") and entry["treatment"] not in (
        "waived",
        "attested",
    )


def _group_of(clause):
    return next(
        index
        for index, (prefix, _title) in reversed(list(enumerate(GROUPS)))
        if clause == prefix or clause.startswith(prefix + ".")
    )


def _grouped(things, clause):
    """[(title, things)] by section of the call, in its order."""
    found = {}
    for thing in things:
        try:
            index = _group_of(clause(thing))
        except StopIteration:
            index = len(GROUPS)
        found.setdefault(index, []).append(thing)
    return [(GROUPS[index][1] if index < len(GROUPS) else "Otros", found[index]) for index in sorted(found)]


def _command(tag, hosts):
    if tag in BY_PEOPLE:
        return ""
    extra = " -e dedicated_host_mode=enforce" if tag == "dedicated_host" else ""
    return f"ansible-playbook site.yml -i diffusers.ini --tags {tag} --limit {','.join(hosts)}{extra}"


def _diffuser(index, one, fleet_size):
    results = []
    for number, entry in enumerate(one["results"]):
        shown = dict(
            _state(entry),
            anchor=_anchor(index, number),
            control=entry["control"],
            clause=entry["clause"],
            severity=SEVERITIES[entry["severity"]],
            text=entry["text"]["es"],
            found=entry["found"] or "sin dato",
            expected=entry["expected"],
            open=_is_open(entry),
            remedy=entry["remediation"]["text"]["es"],
            command=_command(entry["remediation"]["tag"], [one["name"]]),
            basis=_basis(entry),
            evidence=[_exhibit(item, entry, fleet_size) for item in entry["evidence"]],
        )
        results.append(shown)
    css, icon, _tally, _title = VERDICT_CSS[one["verdict"]]
    stripes, bar_text = _bar(one["results"])
    return dict(
        one,
        anchor=_anchor(index),
        css=css,
        verdict_icon=icon,
        contact_title=CONTACTS.get(one["contact"], "Contacto"),
        bar=stripes,
        bar_text=bar_text,
        groups=[{"title": title, "results": group} for title, group in _grouped(results, lambda each: each["clause"])],
    )


def _exhibit(item, entry, fleet_size):
    brief = fleet_size > MANY and not _is_open(entry)
    return {
        "vantage": {"control": "el nodo de control"}.get(item.get("vantage"), item.get("vantage")),
        "source": item["source"][:80] if brief else item["source"],
        "key": item["key"],
        "at": item["at"],
        "excerpt": "" if brief else item["excerpt"],
    }


def _basis(entry):
    basis = entry["basis"]
    if not basis:
        return ""
    if entry["treatment"] == "attested":
        return f"Declaración de {basis['name']}, {basis['post']} ({basis['date']}): {basis['text']}"
    kind = "Dispensa vencida" if entry["treatment"] == "expired" else "Dispensa"
    return (
        f"{kind} {basis.get('document', '')} de {basis.get('approver', '')}, hasta {basis.get('expires', '')}: "
        f"{basis.get('reason', '')}"
    )


def _bar(results):
    """Widths of a diffuser's bar in percent, and the same in words."""
    parts = [
        ("b-pass", "cumplen", lambda one: one["result"] == "pass"),
        ("b-noted", "con dispensa o declaración", lambda one: one["treatment"] in ("waived", "attested")),
        ("b-fail", "no cumplen", lambda one: one["result"] == "fail"),
        ("b-doubt", "sin evidencia o con error", lambda one: one["result"] in ("error", "no_evidence")),
        ("b-none", "sin contacto o no aplican", lambda one: True),
    ]
    left, x, stripes, words = list(results), 0.0, [], []
    for css, words_of, belongs in parts:
        mine = [one for one in left if belongs(one)]
        left = [one for one in left if not belongs(one)]
        if mine:
            width = 100.0 * len(mine) / len(results)
            stripes.append({"css": css, "x": f"{x:.3f}", "width": f"{width:.3f}"})
            words.append(f"{len(mine)} {words_of}")
            x += width
    return stripes, ", ".join(words)


def _fleet(report):
    summary = report["summary"]
    counts, total = summary["verdicts"], summary["diffusers"]
    fit = counts[verdicts.APT] + counts[verdicts.APT_WITH_REMARKS]
    worst = next(name for name in verdicts.VERDICTS if counts[name])
    if fit == total:
        headline = "El difusor es apto" if total == 1 else f"Los {total} difusores son aptos"
        if counts[verdicts.APT_WITH_REMARKS]:
            some = counts[verdicts.APT_WITH_REMARKS]
            headline += ", con observaciones" if some == total else f", {some} con observaciones"
    elif fit == 0:
        headline = "El difusor no es apto todavía" if total == 1 else "Ningún difusor es apto todavía"
    else:
        headline = f"{fit} de {total} difusores {'es apto' if fit == 1 else 'son aptos'}"
    results = summary["results"]
    evaluated = results["pass"] + results["fail"]
    totals = f"{evaluated} de {sum(results.values())} comprobaciones con resultado: {results['pass']} cumplen"
    for key, words in (
        ("fail", "no cumplen"),
        ("error", "con error"),
        ("no_evidence", "sin evidencia"),
        ("unreachable", "sin contacto"),
    ):
        if results[key]:
            totals += f", {results[key]} {words}"
    treatments = summary["treatments"]
    if treatments["waived"] or treatments["attested"] or treatments["expired"]:
        totals += (
            f". Con dispensa {treatments['waived']}, con declaración {treatments['attested']}, "
            f"con dispensa vencida {treatments['expired']}"
        )
    return {
        "css": VERDICT_CSS[worst][0],
        "headline": headline + ".",
        "totals": totals + ".",
        "tally": [
            {"css": VERDICT_CSS[name][2], "title": VERDICT_CSS[name][3], "count": counts[name]}
            for name in verdicts.VERDICTS
        ],
    }


def _todo(report):
    """Steps, most urgent first: contact, then what fails, then what nobody could tell."""
    steps = []
    lost = [one for one in report["diffusers"] if one["contact"] == "unreachable"]
    if lost:
        steps.append(
            {
                "title": "Restablecer el contacto",
                "lines": [
                    {"text": one["reason"] or "Sin respuesta", "clause": "II.1", "hosts": one["name"]} for one in lost
                ],
                "command": "ansible-playbook site.yml -i diffusers.ini --limit "
                + ",".join(one["name"] for one in lost),
            }
        )
    by_tag = {}
    for one in report["diffusers"]:
        for entry in one["results"]:
            if verdicts.stands_in_the_way(entry) and entry["result"] != "unreachable":
                step = by_tag.setdefault(entry["remediation"]["tag"], {})
                line = step.setdefault(entry["control"], {"entry": entry, "hosts": [], "worst": 1})
                line["hosts"].append(one["name"])
                if entry["result"] == "fail":
                    line["worst"] = 0
    titles = dict(STEPS)
    ranks = {tag: rank for rank, (tag, _title) in enumerate(STEPS)}
    order = sorted(
        by_tag,
        key=lambda tag: (
            min(line["worst"] for line in by_tag[tag].values()),
            ranks.get(tag, len(ranks)),
            tag,
        ),
    )
    for tag in order:
        lines = sorted(by_tag[tag].values(), key=lambda line: line["worst"])
        hosts = [one["name"] for one in report["diffusers"] if any(one["name"] in line["hosts"] for line in lines)]
        steps.append(
            {
                "title": titles.get(tag, tag),
                "lines": [
                    {
                        "text": line["entry"]["remediation"]["text"]["es"],
                        "clause": f"{line['entry']['clause']} {line['entry']['control']}",
                        "hosts": ", ".join(line["hosts"]),
                    }
                    for line in lines
                ],
                "command": _command(tag, hosts),
            }
        )
    return steps


def _matrix(report):
    first = report["diffusers"][0]["results"]
    rows = []
    for index, entry in enumerate(first):
        cells = []
        for column, one in enumerate(report["diffusers"]):
            state = _state(one["results"][index])
            cells.append(
                {
                    "css": state["css"],
                    "icon": state["icon"],
                    "title": state["title"],
                    "anchor": _anchor(column, index),
                }
            )
        rows.append(
            {
                "clause": entry["clause"],
                "text": entry["text"]["es"],
                "recommended": entry["severity"] == "recommended",
                "open": any(_is_open(one["results"][index]) for one in report["diffusers"]),
                "cells": cells,
            }
        )
    return [{"title": title, "rows": group} for title, group in _grouped(rows, lambda row: row["clause"])]


def _decisions(report, zone):
    kinds = {"attested": "Declaración", "waived": "Dispensa", "expired": "Dispensa vencida"}
    found = []
    for one in report["diffusers"]:
        for entry in one["results"]:
            basis = entry["basis"]
            if not basis:
                continue
            attested = entry["treatment"] == "attested"
            when = str(basis.get("date" if attested else "expires", ""))
            who = (basis.get("name"), basis.get("post")) if attested else (basis.get("approver"), basis.get("document"))
            found.append(
                {
                    "host": one["name"],
                    "clause": entry["clause"],
                    "control": entry["control"],
                    "kind": kinds[entry["treatment"]],
                    "text": basis.get("text") or basis.get("reason") or "",
                    "who": ", ".join(str(part) for part in who if part),
                    "when": when,
                }
            )
    return found
