# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What papers and people say: the call's documents, contacts, and what only a statement can prove.

No document of any call is named here: which there are, and until when, the call says.
"""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils import input_formats
from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    BrokenEvidence,
    NoEvidence,
    judged,
    listing,
    not_applicable,
)

_FIELDS = {"name": "nombre", "post": "cargo", "phone": "teléfono", "email": "correo", "hours": "horario"}
ON_FILE = "entregado en plazo, y el archivo registrado sin alteración"
STATED = "una declaración vigente"


def document(asked):
    """A check: the document is on file, in time, and its file is the one that was recorded.

    :arg asked: the document as the call has it
    """

    def check(facts):
        slug = asked["slug"]
        expected = "a más tardar el %s" % asked["deadline"] if asked.get("deadline") else "entregado"
        outlet = facts.declared("outlet") or {}
        if asked.get("asked_if") and outlet.get(asked["asked_if"]) is not True:
            told = "No se le pide: el medio no declara prep_outlet.%s" % asked["asked_if"]
            return not_applicable(told, expected)
        entry = (facts.declared("documents") or {}).get(slug) or {}
        date = entry.get("date")
        if not date:
            if asked.get("due_from") and facts.context["now"][:10] < asked["due_from"]:
                return not_applicable("Se pide a partir del %s" % asked["due_from"], expected)
            raise NoEvidence("El inventario no registra el documento (prep_documents.%s)" % slug)
        shown = dict((key, entry[key]) for key in ("date", "file", "sha256", "seen") if key in entry)
        facts.cites.append({"key": "prep_documents.%s" % slug, "source": "inventario", "at": None, "shown": shown})
        if not input_formats.is_date(date):
            raise BrokenEvidence("prep_documents.%s.date no es una fecha AAAA-MM-DD" % slug)
        faults = []
        if asked.get("deadline") and date > asked["deadline"]:
            faults.append("entregado el %s, después del plazo" % date)
        if date > facts.context["now"][:10]:
            faults.append("la fecha %s aún no llega" % date)
        wrong = input_formats.file_problem(entry)
        if wrong:
            faults.append(wrong)
        told = "entregado el %s" % date
        if entry.get("sha256"):
            told += ", archivo con SHA-256 %s…" % entry["sha256"][:16].lower()
        return judged(not faults, listing(faults) or told, expected)

    return check


def contacts(facts):
    """Every stage has a contact; the contact has every field, and each can be what it says."""
    stages, fields = facts.call["stages"], facts.call["contact_fields"]
    expected = "%d etapas con %s" % (len(stages), listing([_FIELDS[one] for one in fields]))
    given = facts.declared("contacts") or {}
    if not given:
        raise NoEvidence("El inventario no registra contactos (prep_contacts)")
    faults = []
    for stage in stages:
        contact = given.get(stage["slug"]) or {}
        missing = [_FIELDS[field] for field in fields if not ("%s" % (contact.get(field) or "")).strip()]
        odd = [
            _FIELDS[field]
            for field in fields
            if _FIELDS[field] not in missing and input_formats.check(field, contact[field])
        ]
        told = ["falta %s" % listing(missing)] if missing else []
        told += ["no tiene la forma debida: %s" % listing(odd)] if odd else []
        if told:
            faults.append("%s: %s" % (stage["title"]["es"], "; ".join(told)))
    # Telephone numbers stay in the inventory: the report goes to many hands.
    facts.cites.append(
        {
            "key": "prep_contacts",
            "source": "inventario",
            "at": None,
            "shown": dict((stage["slug"], (given.get(stage["slug"]) or {}).get("name")) for stage in stages),
        }
    )
    return judged(not faults, listing(faults) or "las %d etapas tienen contacto" % len(stages), expected)


def statement(facts):
    """What no command can check waits for a statement."""
    raise NoEvidence("Ningún comando lo comprueba; falta la declaración (prep_attestations)")


CHECKS = {
    "contacts.stages": (contacts, "un contacto completo en cada etapa"),
}
