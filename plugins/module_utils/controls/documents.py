# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What papers and people say (I.4, I.7, I.8, II.4, II.5, III)."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    BrokenEvidence,
    NoEvidence,
    judged,
    listing,
)

_FIELDS = {"name": "nombre", "post": "cargo", "phone": "teléfono", "email": "correo", "hours": "horario"}


def _document(slug):
    """A check: the document is on file with a date not after the call's deadline."""

    def check(facts):
        asked = [one for one in facts.call["documents"] if one["slug"] == slug][0]
        expected = "a más tardar el %s" % asked["deadline"]
        documents = facts.declared("documents") or {}
        entry = documents.get(slug) or {}
        date = entry.get("date")
        if not date:
            raise NoEvidence("El inventario no registra el documento (prep_documents.%s)" % slug)
        facts.cites.append({"key": "prep_documents.%s" % slug, "source": "inventario", "at": None, "shown": entry})
        if not re.match(r"^\d{4}-\d{2}-\d{2}$", "%s" % date):
            raise BrokenEvidence("prep_documents.%s.date no es una fecha AAAA-MM-DD" % slug)
        return judged("%s" % date <= asked["deadline"], "entregado el %s" % date, expected)

    return check


def contacts(facts):
    """Every stage has a contact, and the contact has every field."""
    stages, fields = facts.call["stages"], facts.call["contact_fields"]
    expected = "%d etapas con %s" % (len(stages), listing([_FIELDS.get(one, one) for one in fields]))
    given = facts.declared("contacts") or {}
    if not given:
        raise NoEvidence("El inventario no registra contactos (prep_contacts)")
    lacking = []
    for stage in stages:
        contact = given.get(stage["slug"]) or {}
        missing = [_FIELDS.get(field, field) for field in fields if not ("%s" % (contact.get(field) or "")).strip()]
        if missing:
            lacking.append("%s: falta %s" % (stage["title"]["es"], listing(missing)))
    # Telephone numbers stay in the inventory: the report goes to many hands.
    facts.cites.append(
        {
            "key": "prep_contacts",
            "source": "inventario",
            "at": None,
            "shown": dict((stage["slug"], (given.get(stage["slug"]) or {}).get("name")) for stage in stages),
        }
    )
    return judged(not lacking, listing(lacking) or "las %d etapas tienen contacto" % len(stages), expected)


def _attested_only(what):
    """A check that no command can make: it waits for a statement."""

    def check(facts):
        raise NoEvidence("Ningún comando lo comprueba; falta la declaración %s" % what)

    return check


CHECKS = {
    "documents.expression_of_interest": (_document("expression_of_interest"), "entregado en plazo"),
    "documents.commitment": (_document("commitment"), "entregado en plazo"),
    "documents.logo": (_document("logo"), "entregado en plazo"),
    "contacts.stages": (contacts, "un contacto completo en cada etapa"),
    "ddos.provider": (_attested_only("de la protección contratada"), "una declaración vigente"),
    "bandwidth.sufficient": (_attested_only("del ancho de banda"), "una declaración vigente"),
}
