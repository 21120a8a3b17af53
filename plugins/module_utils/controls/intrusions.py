# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Intrusions (II.3) and denial of service (II.4)."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import BrokenEvidence, judged, listing
from ansible_collections.iepc.prep.plugins.module_utils.controls.server import starts_alone


def fail2ban_active(facts):
    """It runs, and comes back after a reboot."""
    expected = "fail2ban en marcha y habilitado"
    value = facts.host(
        "fail2ban",
        excerpt=lambda value: {
            "present": value["present"],
            "running": value["running"],
            "version": value["version"],
        },
    )
    unit = facts.host("services", excerpt=lambda value: value.get("fail2ban")).get("fail2ban") or {}
    if not value["present"]:
        return judged(False, "fail2ban no está instalado", expected)
    if not value["running"] or unit.get("active") != "active":
        return judged(False, "fail2ban no está en marcha", expected)
    return judged(
        starts_alone(unit),
        "fail2ban %s en marcha%s" % (value["version"], "" if starts_alone(unit) else ", pero no arranca solo"),
        expected,
    )


def _blind(name, jail):
    """What a jail should read and can't: any of its files that is not there, or everything."""
    sizes = jail.get("log_bytes") or {}
    lost = [watch for watch in jail["watches"] if watch.startswith("/") and sizes.get(watch) is None]
    return ["%s (%s)" % (name, listing(lost) or "nada")] if lost or not jail["watches"] else []


def _jails(facts, wanted, title):
    """Judge the jails whose name ``wanted`` takes."""
    expected = "al menos una vigilancia de %s que lee un registro existente" % title
    value = facts.host(
        "fail2ban",
        excerpt=lambda value: dict((name, jail) for name, jail in value["jails"].items() if wanted(name)),
    )
    jails = dict((name, jail) for name, jail in value["jails"].items() if wanted(name))
    if not value["running"] or not jails:
        return judged(False, "no hay vigilancia de %s activa" % title, expected)
    blind = [one for name in sorted(jails) for one in _blind(name, jails[name])]
    if blind:
        return judged(False, "sin registro que leer: %s" % listing(blind), expected)
    banned = sum(len(jail["banned"]) for jail in jails.values())
    return judged(True, "%s; %d direcciones vetadas ahora" % (listing(sorted(jails)), banned), expected)


def sshd_jail(facts):
    """SSH is watched."""
    return _jails(facts, lambda name: name == "sshd" or name.startswith("sshd-"), "SSH")


def apache_jails(facts):
    """The web server is watched."""
    return _jails(
        facts,
        lambda name: name.startswith(("apache", "httpd", "modsec", "prep-apache", "prep-web", "prep-modsec")),
        "Apache",
    )


def waf_blocking(facts):
    """ModSecurity is loaded, its engine is On everywhere, and the rules are there."""
    expected = "SecRuleEngine On con las reglas CRS cargadas"
    value = facts.host("modsecurity")
    if not value["present"]:
        return judged(False, "ModSecurity no está cargado", expected)
    weaker = [
        "%s en %s" % (one["engine"], one["section"]) for one in value.get("overrides") or [] if one["engine"] != "On"
    ]
    good = value["engine"] == "On" and bool(value["crs_version"]) and not weaker
    found = "SecRuleEngine %s, CRS %s" % (value["engine"], value["crs_version"] or "sin cargar")
    if weaker:
        found += "; %s" % listing(weaker)
    return judged(good, found, expected)


def waf_effective(facts):
    """An attack is really refused."""
    expected = "respuesta 403 a la petición de ataque"
    seen = facts.outside("http.attack", who="control", results=True)
    statuses = [value["status"] for _dummy, value in seen]
    return judged(all(status == 403 for status in statuses), "respuesta %s" % listing(statuses), expected)


def _httpd(facts):
    value = facts.host(
        "httpd",
        excerpt=lambda value: {
            "mpm": value["mpm"],
            "modules": [name for name in value["modules"] if name.startswith(("reqtimeout", "mpm_", "qos", "evasive"))],
        },
    )
    if value["present"] and not value["modules"]:
        raise BrokenEvidence("La configuración de Apache no pasa su prueba, y no se conocen sus módulos")
    return value


def timeouts(facts):
    """mod_reqtimeout is loaded; it has limits of its own even where none are written."""
    expected = "mod_reqtimeout cargado"
    loaded = "reqtimeout_module" in _httpd(facts)["modules"]
    return judged(loaded, "mod_reqtimeout %s" % ("cargado" if loaded else "no está cargado"), expected)


def event_mpm(facts):
    """Idle connections don't each hold a process."""
    expected = "MPM event"
    value = _httpd(facts)
    return judged(value["mpm"] == "event", "MPM %s" % (value["mpm"] or "desconocido"), expected)


CHECKS = {
    "ids.fail2ban_active": (fail2ban_active, "fail2ban en marcha y habilitado"),
    "ids.sshd_jail": (sshd_jail, "vigilancia de SSH que lee un registro existente"),
    "ids.apache_jails": (apache_jails, "vigilancia de Apache que lee un registro existente"),
    "waf.blocking": (waf_blocking, "SecRuleEngine On con las reglas CRS cargadas"),
    "waf.effective": (waf_effective, "respuesta 403 a la petición de ataque"),
    "ddos.timeouts": (timeouts, "mod_reqtimeout cargado"),
    "ddos.event_mpm": (event_mpm, "MPM event"),
}
