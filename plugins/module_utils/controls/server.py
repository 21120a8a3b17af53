# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The server itself: system, time, services at boot, logs, disk, redundancy."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import email.utils
import re
from datetime import datetime, timedelta

from ansible_collections.iepc.prep.plugins.module_utils import log_budget, log_rotation
from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    BrokenEvidence,
    NoEvidence,
    judged,
    listing,
    passed,
)
from ansible_collections.iepc.prep.plugins.module_utils.end_of_life import maintained_until

_RUNS_AT_BOOT = ("enabled", "static", "indirect", "alias", "generated", "enabled-runtime")
_MAX_OFFSET_S = 1.0
_MAX_DATE_HEADER_S = 2.0
_MIN_FREE_MB = {"/": 512, "/srv/prep": 1024}


def find_unit(services, names):
    """(name, state) of the unit in use among ``names``: the active one, else one that exists."""
    known = [
        (name, services[name])
        for name in names
        if isinstance(services.get(name), dict)
        and services[name].get("load") != "not-found"
        and services[name].get("enabled") != "absent"
    ]
    for name, state in known:
        if state.get("active") == "active":
            return name, state
    return known[0] if known else (names[0], {})


def starts_alone(state):
    """Whether a unit comes back after a reboot."""
    return state.get("enabled") in _RUNS_AT_BOOT


def supported(facts):
    """The system is one that the call takes."""
    systems = facts.call["accepted_systems"]
    expected = listing([one.get("name") or "%(id)s %(major)s" % one for one in systems])
    release = facts.host("os.release")
    kernel = facts.host("os.kernel")
    if not release["id"] or not release["version_id"]:
        raise BrokenEvidence("os-release no dice sistema o versión")
    major = release["version_id"].split(".")[0]
    accepted = any(one["id"] == release["id"] and one["major"] == major for one in systems)
    found = release["pretty"] or "%s %s" % (release["id"], release["version_id"])
    # The kernel's release names its machine with most distributions; where it doesn't, nothing is held against it.
    narrow = re.search(r"i[3-6]86|[-.]686|armv[5-7]|armhf", "%s" % kernel)
    if narrow:
        found += ", de 32 bits (%s)" % kernel
    return judged(accepted and not narrow, found, expected)


def maintained(facts):
    """The system gets security updates on the report's date."""
    expected = "una versión con mantenimiento de seguridad"
    release = facts.host("os.release")
    found = maintained_until(release["id"], release["version_id"], release["pretty"])
    if found is None:
        raise NoEvidence("No consta hasta cuándo se mantiene %s" % (release["pretty"] or "este sistema"))
    last_day, source = found
    good = facts.context["now"][:10] <= last_day
    return judged(
        good,
        "%s: el mantenimiento %s el %s (%s)" % (release["pretty"], "termina" if good else "terminó", last_day, source),
        expected,
    )


def enabled(facts):
    """What the call asks for runs, and comes back after a reboot."""
    expected = "Apache, SSH, rsync y firewalld activos y habilitados"
    wanted = (
        ("Apache", ("apache2", "httpd")),
        ("SSH", ("ssh", "sshd", "ssh.socket", "sshd.socket")),
        ("rsync", ("rsync", "rsyncd", "rsyncd.socket")),
        ("firewalld", ("firewalld",)),
    )
    # What makes a pushed cut the one that readers see; asked of servers that have it.
    ours = (("el activador", ("prep-activator.path",)), ("el reloj del activador", ("prep-activator.timer",)))
    names = [name for _dummy, units in wanted + ours for name in units]
    services = facts.host(
        "services",
        excerpt=lambda value: dict(
            (name, value.get(name)) for name in names if (value.get(name) or {}).get("load") != "not-found"
        ),
    )
    faults = []
    there = tuple(one for one in ours if services.get(one[1][0], {}).get("load", "not-found") != "not-found")
    for title, units in wanted + there:
        _dummy, state = find_unit(services, units)
        if state.get("active") != "active":
            faults.append("%s no está activo" % title)
        elif not any(starts_alone(services.get(unit) or {}) for unit in units):
            faults.append("%s no arranca solo" % title)
    return judged(not faults, "; ".join(faults) or "activos y habilitados", expected)


def zone_data(facts):
    """libc on the server knows the zone's present rules."""
    check = facts.call["zone_check"]
    expected = "%s el %s" % (check["offset"], check["when"])
    value = facts.host("time.zone")
    got = value.get("offset_%s" % check["when"][:4])
    if got is None:
        raise NoEvidence("El servidor no dio el horario del %s" % check["when"])
    return judged(got == check["offset"], got, expected)


def synchronized(facts):
    """The clock follows a time server, and is close to it."""
    expected = "sincronizado, con menos de %g s de diferencia" % _MAX_OFFSET_S
    sync = facts.host("time.sync")
    if not sync["active"]:
        return judged(False, "ningún servicio de sincronización está activo", expected)
    if sync["synchronized"] is None:
        raise BrokenEvidence("%s no dice si está sincronizado" % sync["service"])
    offset = sync.get("offset_s")
    found = "%s, %s" % (sync["service"], "sincronizado" if sync["synchronized"] else "sin sincronizar")
    if offset is not None:
        found += ", diferencia de %.3f s" % offset
    close = offset is None or abs(offset) <= _MAX_OFFSET_S
    return judged(sync["synchronized"] is True and close, found, expected)


def seen_outside(facts):
    """The Date header agrees with the control node's clock."""
    expected = "menos de %g s de diferencia con el nodo de control" % _MAX_DATE_HEADER_S
    # Only the control node's clock is the measure; other vantage points may be off themselves.
    values = facts.outside("http.root", who="control", excerpt=lambda value: {"date": value["headers"].get("date")})
    at = [cite["at"] for cite in facts.cites if cite["key"] == "http.root"][0]
    dates = values[0][1]["headers"].get("date")
    if not dates:
        raise NoEvidence("La respuesta no trae la cabecera Date")
    parsed = email.utils.parsedate(dates[0])
    if parsed is None:
        raise BrokenEvidence("La cabecera Date no es una fecha")
    # Date has whole seconds; the answer comes up to some tenths after the question.
    asked = datetime.strptime(at[:19], "%Y-%m-%dT%H:%M:%S") + timedelta(milliseconds=int(at[20:23]))
    difference = (datetime(*parsed[:6]) - asked).total_seconds() + 0.5
    return judged(abs(difference) <= _MAX_DATE_HEADER_S + 0.5, "diferencia de %.1f s" % difference, expected)


def network_routes(facts):
    """Two ways out that don't share an interface, or a bond; one that has lost its second leg fails.

    Where neither is seen, the redundancy may be the provider's: somebody has to attest it.
    """
    expected = "dos rutas de salida, un enlace agregado con dos interfaces activas o una declaración"
    network = facts.host(
        "network", excerpt=lambda value: {"default_routes": value["default_routes"], "bonds": value["bonds"]}
    )
    for family in (4, 6):
        devices = sorted(set(route["dev"] for route in network["default_routes"] if route["family"] == family))
        if len(devices) > 1:
            return passed("dos rutas de salida por %s" % listing(devices), expected)
    degraded = []
    for bond in network["bonds"]:
        up = [one["dev"] for one in bond["members"] if one["up"]]
        if len(up) > 1:
            return passed("enlace agregado %s (%s) por %s" % (bond["name"], bond["mode"], listing(up)), expected)
        degraded.append("%s (%s): %s" % (bond["name"], bond["mode"], listing(up) or "ninguna"))
    if degraded:
        return judged(False, "enlace agregado con menos de dos interfaces activas: %s" % listing(degraded), expected)
    raise NoEvidence("En el servidor se ve una sola ruta; falta la declaración")


_UPS_FAULTS = {"battery": "alimenta desde la batería", "low": "batería baja", "replace": "batería por reemplazar",
               "bypass": "en derivación", "off": "apagado"}  # fmt: skip


def power(facts):
    """A UPS that answers the server and stands on the mains; else somebody has to attest it."""
    expected = "un respaldo de energía visible, con red y batería en buen estado, o una declaración"
    ups = facts.host("ups")
    if not ups["present"]:
        told = " (%s)" % ups["reason"] if ups["reason"] else ""
        raise NoEvidence("Desde el servidor no se ve un respaldo de energía%s; falta la declaración" % told)
    bad, told = [], []
    for one in ups["supplies"]:
        faults = [_UPS_FAULTS[code] for code in one["faults"]]
        if not faults and not one["on_line"]:
            faults = ["estado %s" % one["status"]]
        charge = "" if one["charge_pct"] is None else ", carga %d %%" % one["charge_pct"]
        told.append("%s con %s%s" % (one["name"], ups["tool"], charge))
        if faults:
            bad.append("%s: %s%s" % (one["name"], listing(faults), charge))
    return judged(told and not bad, "respaldo de energía %s" % listing(bad or told), expected)


def logs_retained(facts):
    """Nothing deletes Apache's logs before the memory has been written."""
    options = _log_options(facts)
    # With a date the whole window lasts until then; without one, each line for as long as the window is.
    first, last = log_budget.window_of(options)
    days = log_budget.keep_days(options) if options["log_retention_until"] else (last - first).days + 1
    expected = "al menos %d días de registros de acceso" % days
    policy = facts.host(
        "logs.policy", excerpt=lambda value: [one for one in value["files"] if _is_web_log(one["pattern"])]
    )
    cleaners = facts.host("logs.cleaners")
    if not policy.get("present", True):
        # Without rotation nothing is ever deleted, but neither does anybody keep the disk from filling.
        return judged(False, "logrotate no está instalado", expected)
    rules, skipped = log_rotation.effective(policy["files"])
    for one in skipped:
        if any(_is_web_log(rule["pattern"]) for rule in policy["files"] if rule["config"] == one["config"]):
            clash = "logrotate pasa por alto %(config)s: %(by)s ya nombra %(pattern)s" % one
            return judged(False, clash, expected)
    kept = [(log_rotation.kept_days(one), one) for one in rules if _is_web_log(one["pattern"])]
    if not kept:
        return judged(False, "ninguna política de rotación cubre los registros de Apache", expected)
    for one in cleaners:
        age = log_rotation.age_days(one["age"])
        covers = _is_web_log(one["path"].rstrip("/") + "/") or one["path"].rstrip("/") == "/var/log"
        if covers and age is not None and age < days:
            return judged(False, "%(file)s borra en %(path)s a los %(age)s" % one, expected)
    least, rule = min(kept, key=lambda pair: pair[0])
    return judged(least >= days, "%s: %d días" % (rule["pattern"], least), expected)


def _is_web_log(pattern):
    return "/apache2/" in pattern or "/httpd/" in pattern


def _log_options(facts):
    """What the inventory says of log_retention, with the call's window."""
    options = dict(log_budget.ASSUMPTIONS, **(facts.declared("log_retention") or {}))
    options["log_retention_window"] = facts.call["windows"]["access_logs"]
    mistakes = log_budget.problems(options)
    if mistakes:
        raise BrokenEvidence("; ".join(mistakes))
    return options


def disk_space(facts):
    """Room for the publication, and for the logs of the whole time that they are kept."""
    budget = log_budget.budget(_log_options(facts))
    expected = listing(["%s: %d MB libres" % (path, _MIN_FREE_MB[path]) for path in sorted(_MIN_FREE_MB)])
    expected += ", /var/log: %(need_mb)d MB para %(days)d días de registros" % budget
    expected += " (web %(web_mb)d, journal %(journal_mb)d, libres %(keep_free_mb)d)" % budget
    disk, usage = facts.host("disk"), facts.host("logs.usage")
    short, told = [], []
    for path in sorted(list(_MIN_FREE_MB) + ["/var/log"]):
        free = disk[path]["free_mb"]
        if free is None:
            raise NoEvidence("No existe %s" % path)
        if path == "/var/log":
            fits, there = log_budget.room(budget, free, usage["total_mb"])
            text = "%s: %d MB libres y %d MB ya ocupados por registros" % (path, free, there - free)
        else:
            fits, text = free >= _MIN_FREE_MB[path], "%s: %d MB libres" % (path, free)
        told.append(text)
        if not fits:
            short.append(text)
    return judged(not short, listing(short or told), expected)


CHECKS = {
    "system.supported": (supported, "el sistema que pide la convocatoria"),
    "system.maintained": (maintained, "una versión con mantenimiento de seguridad"),
    "services.enabled": (enabled, "Apache, SSH, rsync y firewalld activos y habilitados"),
    "time.zone_data": (zone_data, "el horario vigente de la zona"),
    "time.synchronized": (synchronized, "reloj sincronizado, con menos de 1 s de diferencia"),
    "time.seen_outside": (seen_outside, "menos de 2 s de diferencia con el nodo de control"),
    "redundancy.network": (network_routes, "dos rutas de salida, un enlace agregado o una declaración"),
    "redundancy.power": (power, "un respaldo de energía visible o una declaración"),
    "logs.retained": (logs_retained, "registros de acceso conservados durante todo el periodo"),
    "logs.disk_space": (disk_space, "espacio libre en /, /var/log y /srv/prep"),
}
