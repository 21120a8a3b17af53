# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What is published (I.1, I.3): whole on the server, unmodified to the reader."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    NoEvidence,
    all_of,
    judged,
    listing,
)


def zero_state(facts):
    """One activated publication whose state says what it is: the zero state, or a cut."""
    expected = "una publicación activa cuyo estado concuerda con lo que muestra"
    value = facts.host("publication")
    if not value["current"] or not value["target"]:
        return judged(False, "no hay publicación activa", expected)
    if not value["index_sha256"]:
        return judged(False, "la publicación activa no tiene página de inicio", expected)
    state = value["state"]
    if not state or not state.get("state"):
        return judged(False, "falta el estado de la publicación (status.json)", expected)
    is_zero = value["target"].rstrip("/").split("/")[-1] == "zero"
    agrees = is_zero == (state["state"] == "zero")
    return judged(
        agrees,
        "%s; el estado declara %s"
        % (
            "estado cero" if is_zero else "corte %s" % value["target"].rstrip("/").split("/")[-1],
            state["state"],
        ),
        expected,
    )


def unmodified(facts):
    """The bytes that readers get are the bytes on disk, from every vantage point, over HTTP and HTTPS."""
    return all_of(facts, _same_bytes("http.root"), _same_bytes("https.root"))


def _same_bytes(key):
    def part(facts):
        published = facts.host("publication", excerpt=lambda value: {"index_sha256": value["index_sha256"]})
        own = published["index_sha256"]
        if not own:
            raise NoEvidence("El servidor no tiene página de inicio publicada")
        expected = "SHA-256 %s…" % own[:16]
        values = facts.outside(
            key,
            excerpt=lambda value: {"body_sha256": value["body_sha256"], "body_bytes": value["body_bytes"]},
        )
        different = [
            "%s recibe %s…" % (vantage, value["body_sha256"][:16])
            for vantage, value in values
            if value["body_sha256"] != own
        ]
        scheme = key.split(".")[0].upper()
        return judged(
            not different,
            "%s: %s" % (scheme, listing(different) or "idéntica en %d observaciones" % len(values)),
            expected,
        )

    return part


CHECKS = {
    "publication.zero_state": (zero_state, "una publicación activa cuyo estado concuerda con lo que muestra"),
    "publication.unmodified": (unmodified, "los mismos bytes en el servidor y en la respuesta"),
}
