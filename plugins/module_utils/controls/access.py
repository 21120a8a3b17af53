# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Free access (I.2) and a delivery network in front (II.6)."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    NoEvidence,
    all_of,
    judged,
    listing,
    passed,
)

_CDN_MARKS = (
    "cf-ray",
    "x-amz-cf-id",
    "x-cache",
    "x-served-by",
    "x-cdn",
    "x-akamai-request-id",
    "x-azure-ref",
    "x-fastly-request-id",
    "x-sucuri-id",
    "via",
)


_WALLS = {
    "password": "la página pide una contraseña",
    "payment": "la página pide un pago",
    "refresh": "la página lleva a otro sitio",
}


def no_auth(facts):
    """200, no login, nowhere else; from everywhere, over HTTP and HTTPS."""
    return all_of(facts, _open_page("http.root"), _open_page("https.root"))


def _open_page(key):
    def part(facts):
        expected = "respuesta 200, sin contraseña ni desvío a otro sitio"
        domain = "%s" % (facts.declared("domain") or "")
        faults, scheme = [], key.split(".")[0].upper()
        values = facts.outside(
            key,
            excerpt=lambda value: {
                "status": value["status"],
                "redirects": value["redirects"],
                "auth": value["auth"],
                "walls": value["walls"],
            },
            results=True,
        )
        for vantage, value in values:
            if value["status"] != 200:
                faults.append("respuesta %s desde %s" % (value["status"], vantage))
            # A page that asks before it shows, or leads away, is a wall too, whatever its status.
            faults += ["%s desde %s" % (_WALLS[wall], vantage) for wall in value["walls"]]
            if value["auth"] is not False:
                faults.append("pide contraseña desde %s" % vantage)
            for redirect in value["redirects"]:
                location = redirect["location"] if isinstance(redirect, dict) else redirect
                if _host(location) != domain.lower():
                    faults.append("desvía a %s" % location)
        return judged(not faults, "%s: %s" % (scheme, listing(faults) or "la página abre"), expected)

    return part


def _host(url):
    rest = url.partition("://")[2].split("/")[0].split("?")[0].split("#")[0]
    return rest.rpartition("@")[2].split(":")[0].lower()


def cdn(facts):
    """A header of a delivery network; without one somebody may attest that there is (no) one."""
    expected = "cabeceras de una CDN o una declaración"
    for _dummy, value in facts.outside(
        "https.root",
        excerpt=lambda value: dict((name, value["headers"][name]) for name in _CDN_MARKS if name in value["headers"]),
    ):
        marks = [name for name in _CDN_MARKS if name in value["headers"]]
        if marks:
            return passed("la respuesta trae %s" % listing(marks), expected)
    raise NoEvidence("La respuesta no muestra una CDN; falta la declaración")


CHECKS = {
    "access.no_auth": (no_auth, "respuesta 200, sin contraseña ni desvío a otro sitio"),
    "cdn.used": (cdn, "cabeceras de una CDN o una declaración"),
}
