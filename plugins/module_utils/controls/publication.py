# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What is published (I.1, I.3): whole on the server, unmodified to the reader."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    NOT_APPLICABLE,
    NoEvidence,
    all_of,
    failed,
    judged,
    listing,
    passed,
    suspension,
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


def window(facts):
    """What is shown is what the hour allows: no results before the opening, a cut while publication lasts."""
    hours = (facts.context.get("windows") or {}).get("publication")
    if not hours:
        raise NoEvidence("No se calculó el periodo de publicación en UTC")
    expected = "sin resultados antes de %s; un corte desde entonces y hasta %s" % (hours["opens"], hours["closes"])
    value = facts.host("publication", excerpt=lambda value: {"target": value["target"], "state": value["state"]})
    state = value["state"] or {}
    if not value["target"] or not state.get("state"):
        raise NoEvidence("El servidor no dice qué publica")
    is_zero, now = state["state"] == "zero", facts.context["now"]
    if now < hours["opens"]:
        # A drill's cuts are test cuts, and say so.
        good = is_zero or state.get("drill") is True
        return judged(good, "antes de la apertura el estado es %s" % state["state"], expected)
    if now <= hours["closes"]:
        good = not is_zero and state.get("drill") is not True
        found = "durante la publicación el estado es %s" % state["state"]
        # By the institute's own will; the cuts go on arriving behind the notice.
        if isinstance(value.get("suspended"), dict):
            found += "; %s" % suspension(value["suspended"])
        return judged(good, found, expected)
    return judged(True, "terminó el periodo de publicación; el estado es %s" % state["state"], expected)


def unmodified(facts):
    """What was activated is on disk, and what readers get, from every vantage point, over HTTP and HTTPS."""
    return all_of(facts, _as_activated, _same_bytes("http.root"), _same_bytes("https.root"))


def _as_activated(facts):
    """The page on disk is the one that the state names: that is from the signed manifest, or from the role."""
    value = facts.host("publication")
    state = value["state"] or {}
    named = state.get("index_sha256")
    expected = "en el servidor, la página que se activó"
    if not named:
        if state.get("state") == "zero":
            raise NoEvidence("El estado no dice qué página se activó (index_sha256 en status.json)")
        return NOT_APPLICABLE, "el estado no dice qué página se activó", expected
    found = value["index_sha256"]
    if found == named:
        return passed("en el servidor está la página que se activó", expected)
    return failed("la página del servidor (%s…) no es la que se activó (%s…)" % (found[:16], named[:16]), expected)


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
            results=True,
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
    "publication.window": (window, "sin resultados antes de la apertura; un corte durante la publicación"),
    "publication.zero_state": (zero_state, "una publicación activa cuyo estado concuerda con lo que muestra"),
    "publication.unmodified": (unmodified, "los mismos bytes en el servidor y en la respuesta"),
}
