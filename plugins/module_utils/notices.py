# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What somebody has to look at beside the results: waivers, statements, disputes, vantage points.

A waiver that nobody needs, one that ends next week, one written for an earlier wording: each is
said before it surprises anybody. The shape of a notice:

    kind     see KINDS
    level    warning: something doesn't count that somebody may believe counts; info
    hosts    the diffusers that it concerns, in the report's order
    control  its slug, or None
    at       the moment that it is about, as written, or ""
    text     {es, en}: one line each
    record   the waiver, attestation or dispute as written, or None
"""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import json

from ansible_collections.iepc.prep.plugins.module_utils import verdict
from ansible_collections.iepc.prep.plugins.module_utils.input_formats import file_problem

# A week: time enough to sign another one.
SOON_S = 7 * 86400

# kind: (level, Spanish, English), in the order in which they are read.
KINDS = (
    ("waiver_expired", "warning", "La dispensa %(document)s venció el %(at)s y ya no surte efecto",
     "Waiver %(document)s expired at %(at)s and has no effect any more"),
    ("waiver_other_version", "warning",
     "La dispensa %(document)s es de la versión %(version)s del requisito, que va en la %(current)s: no surte efecto",
     "Waiver %(document)s is for version %(version)s of the control, now %(current)s: it has no effect"),
    ("record_file", "warning", "%(problem)s: lo que respalda no surte efecto",
     "The file %(file)s is not what was recorded: what it supports has no effect"),
    ("attestation_expired", "warning", "La declaración de %(name)s venció el %(at)s",
     "The statement by %(name)s expired at %(at)s"),
    ("attestation_early", "warning", "La declaración de %(name)s tiene una fecha que aún no llega: %(at)s",
     "The statement by %(name)s has a date that has not come: %(at)s"),
    ("record_incomplete", "warning", "Un registro sobre este requisito está incompleto y no surte efecto",
     "A record about this control is incomplete and has no effect"),
    ("vantage_unreachable", "warning", "No se pudo observar desde %(vantage)s: %(reason)s",
     "Nobody could look from %(vantage)s: %(reason)s"),
    ("vantage_unknown", "warning",
     "No se sabe con qué dirección sale %(vantage)s a Internet (prep_vantage_address): sus accesos no se juzgan",
     "The address that %(vantage)s has outside is not known (prep_vantage_address): its access is not judged"),
    ("waiver_expiring", "warning", "La dispensa %(document)s vence el %(at)s", "Waiver %(document)s expires at %(at)s"),
    ("attestation_expiring", "warning", "La declaración de %(name)s vence el %(at)s",
     "The statement by %(name)s expires at %(at)s"),
    ("dispute", "info", "%(name)s (%(post)s) impugna el resultado: %(said)s",
     "%(name)s (%(post)s) disputes the result: %(said)s"),
    ("waiver_unused", "info", "La dispensa %(document)s ya no hace falta: el requisito se cumple sin ella",
     "Waiver %(document)s is not needed any more: the control is met without it"),
    ("attestation_unused", "info", "La declaración de %(name)s no se usa: la evidencia habla por sí misma",
     "The statement by %(name)s is not used: the evidence speaks for itself"),
    ("vantage_missing_family", "info", "%(vantage)s no tiene salida por IPv%(family)s: %(reason)s",
     "%(vantage)s has no way out over IPv%(family)s: %(reason)s"),
)  # fmt: skip
_ORDER = dict((row[0], number) for number, row in enumerate(KINDS))
_TEXTS = dict((row[0], row[1:]) for row in KINDS)


def collect(call, hosts, diffusers, now, line):
    """All notices of a report, the same one for several diffusers once.

    :arg hosts: what report_model.build was given
    :arg diffusers: what it made of them
    :arg line: function: a text on one bounded line
    """
    found = []
    for host, diffuser in zip(hosts, diffusers):  # noqa: B905 (Python 2.7)
        results = dict((entry["control"], entry) for entry in diffuser["results"])
        for control in call["controls"]:
            found += _of_records(control, host, results[control["slug"]], now)
        found += _of_vantage_points(diffuser)
    return _merged(found, line)


def _notice(kind, host, control, at, record, **words):
    return {"kind": kind, "host": host, "control": control, "at": at or "", "record": record, "words": words}


def _of_records(control, host, entry, now):
    found = []
    slug, name = control["slug"], host["name"]
    done = entry["result"] in ("pass", "not_applicable")
    for one in verdict.about(control, host, "waivers"):
        if verdict.names(one, name):
            state = verdict.waiver_state(one, control, now)
            kind = _waiver_kind(state, one, entry, done, now)
            if kind:
                found.append(_notice(kind, name, slug, one.get("expires"), one, current=control["version"]))
    for one in verdict.about(control, host, "attestations"):
        kind = _attestation_kind(verdict.attestation_state(one, now), one, entry, now)
        if kind:
            at = one.get("date") if kind == "attestation_early" else one.get("expires")
            found.append(_notice(kind, name, slug, at, one))
    for one in verdict.about(control, host, "disputes"):
        kind = "dispute" if verdict.is_signed(one) else "record_incomplete"
        found.append(_notice(kind, name, slug, one.get("date"), one, said=one.get("text")))
    return found


def _waiver_kind(state, one, entry, done, now):
    kinds = {
        verdict.OTHER_VERSION: "waiver_other_version",
        verdict.EXPIRED: "waiver_expired",
        verdict.WRONG_FILE: "record_file",
        verdict.INCOMPLETE: "record_incomplete",
    }
    if state in kinds:
        return kinds[state]
    if done or entry["treatment"] == "attested":
        return "waiver_unused"
    return "waiver_expiring" if _ends_soon(one, now) else None


def _attestation_kind(state, one, entry, now):
    kinds = {
        verdict.EXPIRED: "attestation_expired",
        verdict.EARLY: "attestation_early",
        verdict.WRONG_FILE: "record_file",
        verdict.INCOMPLETE: "record_incomplete",
    }
    if state in kinds:
        return kinds[state]
    if entry["result"] not in ("no_evidence", "unreachable"):
        return "attestation_unused"
    return "attestation_expiring" if _ends_soon(one, now) else None


def _ends_soon(one, now):
    ends = verdict.instant(one.get("expires"))
    return ends is not None and ends - verdict.epoch(now) <= SOON_S


def _of_vantage_points(diffuser):
    found = []
    for one in diffuser["vantage_points"]:
        words = {"vantage": one["name"], "family": one["family"], "reason": one["reason"]}
        if one["looked"] and one["allowed"] is None:
            found.append(_notice("vantage_unknown", diffuser["name"], None, "", None, **words))
        elif not one["looked"]:
            kind = "vantage_missing_family" if one["skipped"] else "vantage_unreachable"
            found.append(_notice(kind, diffuser["name"], None, "", None, **words))
    return found


def _merged(found, line):
    merged, order = {}, []
    for one in found:
        level, spanish, english = _TEXTS[one["kind"]]
        record = one["record"]
        plain = None if record is None else dict(("%s" % key, line(record[key])) for key in record if key != "seen")
        words = dict.fromkeys(("document", "name", "post", "version", "file"), "?")
        words.update(plain or {})
        words.update(one["words"], at=one["at"])
        if one["kind"] == "record_file":
            words["problem"] = file_problem(record)
        notice = {
            "kind": one["kind"],
            "level": level,
            "hosts": [],
            "control": one["control"],
            "at": line(one["at"]),
            "text": {"es": line(spanish % words), "en": line(english % words)},
            "record": plain,
        }
        key = json.dumps(notice, sort_keys=True)
        if key not in merged:
            merged[key] = notice
            order.append(key)
        merged[key]["hosts"].append(one["host"])
    return sorted(
        [merged[key] for key in order],
        key=lambda one: (one["level"] != "warning", _ORDER[one["kind"]], one["control"] or "", one["text"]["es"]),
    )
