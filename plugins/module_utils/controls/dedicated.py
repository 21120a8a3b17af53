# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A dedicated server (II.7): nothing runs, listens or logs in that PREP doesn't need.

What is foreign, ``module_utils/foreign.py`` says; here it is judged.
"""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils import foreign
from ansible_collections.iepc.prep.plugins.module_utils import foreign_tables as tables
from ansible_collections.iepc.prep.plugins.module_utils.addresses import is_text
from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    BrokenEvidence,
    NoEvidence,
    judged,
    listing,
)

_KINDS = {
    "unit": "servicio", "port": "puerto", "process": "proceso", "package": "paquete", "container": "contenedor",
    "vhost": "sitio", "cron": "tarea", "account": "cuenta",
}  # fmt: skip


def _verdict(facts, findings, nothing, expected, most=6):
    """Nothing foreign but what the institute allowed, with its reason, in the inventory."""
    allowed = facts.declared("dedicated_allowed") or []
    findings = foreign.allow(findings, [one for one in allowed if isinstance(one, dict) and one.get("reason")])
    bad = [one for one in findings if not one["allowed"]]
    kept = [one for one in findings if one["allowed"]]
    if kept:
        shown = [{"kind": one["kind"], "name": one["name"], "reason": one["allowed"]} for one in kept]
        facts.cites.append({"key": "dedicated_host_allowed", "source": "inventario", "at": None, "shown": shown})
    found = listing([_told(one) for one in bad], most) or nothing
    if kept:
        found += "; permitido: %s" % listing(["%s (%s)" % (one["name"], one["allowed"]) for one in kept])
    return judged(not bad, found, expected)


def _told(one):
    return "%s %s: %s" % (_KINDS[one["kind"]], one["name"], one["seen"])


def databases(facts):
    """Neither running nor merely installed."""
    expected = "ningún servidor de bases de datos"
    packages = facts.host(
        "packages",
        excerpt=lambda value: dict(
            (name, value["installed"][name])
            for name in value["installed"]
            if tables.DATABASE_PACKAGES.match(name)
        ),
    )
    processes = facts.host("processes", excerpt=foreign.process_findings)
    units, sockets, owners = _services(facts)
    if not packages["installed"] or not processes or not units or not sockets:
        raise NoEvidence("El servidor no dio la lista de paquetes, de procesos, de servicios o de puertos")
    found = foreign.package_findings(packages) + foreign.process_findings(processes, units)
    found += [one for one in foreign.unit_findings(units, sockets, owners) if one["category"] == "database"]
    return _verdict(facts, found, "ninguno", expected)


def _services(facts):
    """(units, sockets, owners), with excerpts of what is foreign among them."""
    units = facts.host("units", excerpt=lambda value: [one for one in value if tables.category(one["unit"])])
    asked = _asked_ports(facts)
    sockets = facts.host(
        "sockets.listening", excerpt=lambda value: [one for one in value if foreign.is_foreign_port(one, asked)]
    )
    return units, sockets, _owners(facts)


def _asked_ports(facts):
    return sorted(facts.call["ports"]["public"] + facts.call["ports"]["restricted"])


def _owners(facts):
    """{file: package or None}; what came by hand is the excerpt."""
    owners = facts.host("owners", excerpt=lambda value: sorted(path for path in value if value[path] is None))
    if not owners or not all(package is None or is_text(package) for package in owners.values()):
        raise BrokenEvidence("El servidor no dijo de qué paquete es cada archivo")
    return owners


def services(facts):
    """No foreign service runs, and only ports that the call asks for are listened on beyond loopback."""
    asked = _asked_ports(facts)
    expected = "a la escucha sólo %s/tcp, reloj y DHCP; ningún otro servicio" % listing(asked)
    units, sockets, owners = _services(facts)
    if not sockets or not units:
        raise NoEvidence("El servidor no dio la lista de puertos a la escucha o la de servicios")
    found = [
        one
        for one in foreign.unit_findings(units, sockets, owners)
        # Databases and containers have controls of their own. Of what nobody knows only its ports count.
        if one["category"] not in ("database", "containers", None)
    ]
    ports = foreign.port_findings(units, sockets, owners, asked)
    # Mail between this server's own programs leaves it nowhere: told, not held against it.
    local = [one["name"] for one in found if one["category"] == "mail" and one["local"]]
    found = [one for one in found if one["name"] not in local]
    nothing = "ningún servicio ajeno" + ("; correo sólo local: %s" % listing(local) if local else "")
    return _verdict(facts, ports + found, nothing, expected)


def containers(facts):
    """No container runs; an engine that could start one is told of."""
    expected = "ningún contenedor en marcha ni motor de contenedores"
    value = facts.host("containers")
    units = facts.host("units", excerpt=lambda found: [one for one in found if _is_engine(one["unit"])])
    if value["running"] is None or value["running"] != len(value["containers"]):
        raise BrokenEvidence("No se pudo saber cuántos contenedores hay")
    if not units:
        raise NoEvidence("El servidor no dio la lista de servicios")
    found = foreign.container_findings(value, units)
    engines = sorted(set(value["engines"]) | set(one["unit"] for one in units if _is_engine(one["unit"])))
    found += [foreign.finding("unit", name, "motor de contenedores", "containers") for name in engines]
    return _verdict(facts, found, "ninguno", expected)


def _is_engine(unit):
    return tables.category(unit) == "containers"


def vhosts(facts):
    """Every site of Apache's is the PREP's."""
    domain = "%s" % (facts.declared("domain") or "")
    expected = "sólo el sitio %s" % domain
    value = facts.host("httpd", excerpt=lambda value: value["vhosts"])
    if not value["present"]:
        return judged(False, "Apache no está instalado", expected)
    if not value["syntax_ok"]:
        raise BrokenEvidence("La configuración de Apache no pasa su prueba, y no se conocen sus sitios")
    if not domain:
        raise NoEvidence("El inventario no dice el dominio (prep_domain)")
    if not value["vhosts"]:
        return judged(False, "Apache no tiene ningún sitio", expected)
    return _verdict(facts, foreign.vhost_findings(value, domain), domain, expected)


def crons(facts):
    """Scheduled jobs come from the system or from PREP."""
    expected = "sólo tareas del sistema y del PREP"
    owners = _owners(facts)
    jobs = facts.host(
        "crons",
        excerpt=lambda value: [one for one in value if foreign.is_foreign_cron(one, owners)] or value[:3],
    )
    nothing = "%d tareas, todas del sistema" % len(jobs)
    return _verdict(facts, foreign.cron_findings(jobs, owners), nothing, expected, 3)


def accounts(facts):
    """Nobody but the administration has a login shell and a password or key."""
    expected = "sólo la cuenta de administración inicia sesión"
    users = facts.host("users")
    keys = facts.host("ssh.authorized", excerpt=lambda value: dict((user, len(value[user])) for user in value))
    if not users:
        raise NoEvidence("El servidor no dio la lista de cuentas")
    return _verdict(facts, foreign.account_findings(users, keys), "ninguna otra", expected)


CHECKS = {
    "dedicated.databases": (databases, "ningún servidor de bases de datos"),
    "dedicated.services": (services, "a la escucha sólo los servicios de la convocatoria"),
    "dedicated.containers": (containers, "ningún contenedor"),
    "dedicated.vhosts": (vhosts, "sólo el sitio del PREP"),
    "dedicated.crons": (crons, "sólo tareas del sistema y del PREP"),
    "dedicated.accounts": (accounts, "sólo la cuenta de administración inicia sesión"),
}
