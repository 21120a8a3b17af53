# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Apache (II.1), its certificate, framing (I.6) and caching (I.10)."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import re
from datetime import datetime, timedelta

from ansible_collections.iepc.prep.plugins.module_utils.addresses import is_loopback
from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    BrokenEvidence,
    all_of,
    judged,
    listing,
    not_read_yet,
)
from ansible_collections.iepc.prep.plugins.module_utils.controls.ssh import on_ports

_APACHE = ("apache2", "httpd")
_EXPIRY_DAYS = 30


def answers(facts):
    """Apache 2.x has the sockets of the site."""
    ports = [facts.port("http"), facts.port("https")]
    expected = "Apache 2.x a la escucha en %s" % listing(ports)
    httpd = facts.host("httpd", excerpt=lambda value: {"present": value["present"], "version": value["version"]})
    sockets = facts.host("sockets.listening", excerpt=on_ports(*ports))
    faults = []
    if not httpd["present"] or not httpd["version"].startswith("2."):
        faults.append("Apache %s" % (httpd["version"] or "no está instalado"))
    for port in ports:
        owners = sorted(
            set(
                "%s" % one["process"]
                for one in sockets
                if one["proto"] == "tcp" and one["port"] == port and not is_loopback(one["address"])
            )
        )
        if not owners:
            faults.append("nadie escucha en %d" % port)
        for owner in owners:
            if owner not in _APACHE:
                faults.append("en %d escucha %s" % (port, owner))
    return judged(not faults, listing(faults) or "Apache %s en %s" % (httpd["version"], listing(ports)), expected)


def syntax(facts):
    """The configuration on disk passes its own test, and is the one that runs."""
    return all_of(facts, _passes_its_test, _is_loaded)


def _passes_its_test(facts):
    expected = "apachectl -t sin errores"
    httpd = facts.host(
        "httpd",
        excerpt=lambda value: {"syntax_ok": value["syntax_ok"], "syntax_output": value["syntax_output"]},
    )
    if not httpd["present"]:
        return judged(False, "Apache no está instalado", expected)
    lines = httpd["syntax_output"].strip().splitlines()
    return judged(
        httpd["syntax_ok"] is True,
        "configuración válida" if httpd["syntax_ok"] else lines[0] if lines else "configuración inválida",
        expected,
    )


def _is_loaded(facts):
    expected = "la configuración en marcha es la del disco"
    changed = not_read_yet(facts, "apache")
    if changed:
        return judged(False, "cambió después de que Apache la leyera: %s" % listing(changed), expected)
    return judged(True, "es la que está en marcha", expected)


def trace(facts):
    """TRACE isn't answered."""
    expected = "respuesta distinta de 200 al método TRACE"
    seen = facts.outside("http.trace")
    answered = [vantage for vantage, value in seen if int(value["status"]) == 200 or value.get("echoed")]
    return judged(not answered, "respuesta %s" % listing(sorted(set(one[1]["status"] for one in seen))), expected)


def framing(facts):
    """No header keeps the outlet's portals from framing the page, over HTTP and HTTPS."""
    return all_of(facts, _framing_of("http.root"), _framing_of("https.root"))


def _framing_of(key):
    def part(facts):
        outlet = facts.declared("outlet") or {}
        portals = [_origin(url) for url in outlet.get("portal_urls") or []]
        expected = "marcos permitidos para %s" % (listing(portals) or "cualquier portal")
        faults = []
        values = facts.outside(
            key,
            excerpt=lambda value: dict(
                (name, value["headers"].get(name)) for name in ("x-frame-options", "content-security-policy")
            ),
        )
        for _vantage, value in values:
            headers = value["headers"]
            if headers.get("x-frame-options"):
                faults.append("X-Frame-Options: %s" % listing(headers["x-frame-options"]))
            for policy in headers.get("content-security-policy") or []:
                # Several policies, in several headers or after commas, must each let the portal.
                for one in policy.split(","):
                    for portal in portals or ["https://portal.invalid"]:
                        if not _may_frame(one, portal):
                            faults.append("frame-ancestors no admite %s" % portal)
        faults = sorted(set(faults))
        scheme = key.split(".")[0].upper()
        return judged(not faults, "%s: %s" % (scheme, listing(faults) or "los portales pueden enmarcar"), expected)

    return part


def _origin(url):
    match = re.match(r"^(https?://[^/?#\s]+)", url)
    if not match:
        raise BrokenEvidence("portal_urls: %s no es una dirección http(s)" % url)
    return match.group(1).lower()


def _may_frame(policy, portal):
    """Whether one Content-Security-Policy lets ``portal`` frame the page (CSP 3, frame-ancestors)."""
    for directive in policy.split(";"):
        words = directive.strip().lower().split()
        if words and words[0] == "frame-ancestors":
            return any(_source_matches(source, portal) for source in words[1:])
    return True


def _source_matches(source, portal):
    scheme, _dummy, host = portal.partition("://")
    if source == "*":
        return True
    if source.endswith(":") and "/" not in source:
        return source[:-1] == scheme or (source == "http:" and scheme == "https")
    wanted_scheme, separator, wanted_host = source.partition("://")
    if not separator:
        wanted_scheme, wanted_host = scheme, source
    wanted_host = wanted_host.split("/")[0]
    if wanted_scheme != scheme and not (wanted_scheme == "http" and scheme == "https"):
        return False
    if wanted_host.startswith("*."):
        return host.endswith(wanted_host[1:])
    return host == wanted_host


def cache(facts):
    """Neither browser nor CDN may keep the page for more than the limit."""
    return all_of(facts, _cache_of("http.root"), _cache_of("https.root"))


def _cache_of(key):
    def part(facts):
        limit = facts.call["freshness_limit_seconds"]
        expected = "Cache-Control con max-age y s-maxage de %d s o menos" % limit
        found, good = [], True
        values = facts.outside(
            key,
            excerpt=lambda value: dict(
                (name, value["headers"].get(name)) for name in ("cache-control", "expires", "age")
            ),
        )
        for _dummy, value in values:
            text = ", ".join(value["headers"].get("cache-control") or [])
            found.append(text or "sin Cache-Control")
            good = good and _fresh(text, limit)
        return judged(good, "%s: %s" % (key.split(".")[0].upper(), listing(sorted(set(found)))), expected)

    return part


def _fresh(text, limit):
    directives = [one.strip().lower() for one in text.split(",")]
    if "no-store" in directives or "no-cache" in directives:
        return True
    ages = [re.match(r'^(?:max-age|s-maxage)\s*=\s*"?(\d+)"?$', one) for one in directives]
    ages = [int(age.group(1)) for age in ages if age]
    # Without a lifetime caches may guess one (RFC 9111, section 4.2.2).
    return bool(ages) and max(ages) <= limit


def compression(facts):
    """Who takes gzip gets it, with the same content, and caches are told that there are two."""
    expected = "Content-Encoding: gzip, Vary: Accept-Encoding y el mismo contenido"
    faults, told = [], []
    for vantage, value in facts.outside("https.compressed", results=True):
        if value["status"] != 200:
            # Neither a redirect nor a question for a password is the page, and either may go uncompressed.
            raise BrokenEvidence("La página no se sirvió desde %s (respuesta %s)" % (vantage, value["status"]))
        if value["encoding"] != "gzip":
            faults.append("sin comprimir desde %s" % vantage)
            continue
        told.append("%d de %d bytes" % (value["sent_bytes"], value["body_bytes"]))
        if "accept-encoding" not in value["vary"].lower() and value["vary"].strip() != "*":
            faults.append("sin Vary: Accept-Encoding desde %s" % vantage)
        if value["same"] is not True:
            faults.append("el contenido comprimido es otro desde %s" % vantage)
    return judged(not faults, listing(faults) or listing(sorted(set(told))), expected)


def certificate(facts):
    """443 presents a certificate in the site's name, valid today, over TLS 1.2 or later."""
    domain = "%s" % (facts.declared("domain") or "")
    expected = "certificado vigente a nombre de %s, TLS 1.2 o posterior" % (domain or "el sitio")
    now = facts.context["now"][:19]
    faults, told = [], []
    for _vantage, value in facts.outside("https.certificate"):
        names = [name.lower() for name in value["sans"] or []]
        names = [name[4:] if name.startswith("dns:") else name for name in names]
        told.append("%s hasta %s" % (listing(names, 3), value["not_after"][:10]))
        if not any(_name_matches(name, domain.lower()) for name in names):
            faults.append("está a nombre de %s" % (listing(names, 3) or value["subject"]))
        if not value["not_before"][:19] <= now <= value["not_after"][:19]:
            faults.append("vigencia del %s al %s" % (value["not_before"][:10], value["not_after"][:10]))
        if value["protocol"] not in ("TLSv1.2", "TLSv1.3"):
            faults.append("protocolo %s" % value["protocol"])
    return judged(not faults, listing(sorted(set(faults))) or listing(sorted(set(told))), expected)


def _name_matches(pattern, domain):
    if pattern.startswith("*."):
        return domain.partition(".")[2] == pattern[2:]
    return bool(domain) and pattern == domain


def trusted(facts):
    """A recognised authority signed it, and it doesn't expire soon."""
    expected = "firmado por una autoridad reconocida y vigente %d días más" % _EXPIRY_DAYS
    now = datetime.strptime(facts.context["now"][:19], "%Y-%m-%dT%H:%M:%S")
    soon = (now + timedelta(days=_EXPIRY_DAYS)).strftime("%Y-%m-%dT%H:%M:%S")
    faults, unknown = [], False
    for _vantage, value in facts.outside("https.certificate"):
        if value["self_signed"]:
            faults.append("lo firma el propio servidor")
        elif value["chain_ok"] is False:
            faults.append("no lo firma una autoridad reconocida")
        elif value["chain_ok"] is None:
            unknown = True
        if value["not_after"][:19] < soon:
            faults.append("vence el %s" % value["not_after"][:10])
    if unknown and not faults:
        raise BrokenEvidence("No se pudo comprobar quién firma el certificado")
    return judged(not faults, listing(sorted(set(faults))) or "cadena de confianza completa", expected)


CHECKS = {
    "apache.answers": (answers, "Apache 2.x a la escucha en los puertos del sitio"),
    "apache.syntax": (syntax, "apachectl -t sin errores, y la configuración del disco en marcha"),
    "apache.trace": (trace, "respuesta distinta de 200 al método TRACE"),
    "bandwidth.compression": (compression, "gzip para quien lo admite, con el mismo contenido"),
    "embedding.framing": (framing, "marcos permitidos para los portales del medio"),
    "freshness.cache": (cache, "Cache-Control con max-age y s-maxage dentro del límite"),
    "tls.certificate": (certificate, "certificado vigente a nombre del sitio, TLS 1.2 o posterior"),
    "tls.trusted": (trusted, "firmado por una autoridad reconocida"),
}
