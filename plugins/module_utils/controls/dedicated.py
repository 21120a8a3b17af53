# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A dedicated server (II.7): nothing runs, listens or logs in that PREP doesn't need."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    BrokenEvidence,
    NoEvidence,
    judged,
    listing,
)
from ansible_collections.iepc.prep.plugins.module_utils.controls.ssh import is_loopback

_DATABASE_PROCESSES = (
    "mysqld",
    "mariadbd",
    "postgres",
    "postmaster",
    "mongod",
    "redis-server",
    "valkey-server",
    "memcached",
    "oracle",
    "sqlservr",
    "influxd",
    "clickhouse-serv",
    "couchdb",
    "cassandra",
)
_DATABASE_PACKAGES = re.compile(
    r"^(mariadb-server(-core)?(-[0-9.]+)?|mysql(-community)?-server(-core)?(-[0-9.]+)?|postgresql-[0-9]+"
    r"|postgresql[0-9]*-server|mongodb(-org)?-server|redis(-server)?|valkey(-server)?|memcached|couchdb|cassandra)$"
)
_DATABASE_UNITS = ("mariadb", "mysql", "mysqld", "postgresql", "mongod", "redis", "redis-server", "memcached")
# What may listen to the network: what the call asks for, time, and addresses by DHCP.
_PORTS = {"tcp": (22, 80, 443, 873), "udp": (123, 323, 68, 546)}
# Jobs that distributions themselves bring.
_SYSTEM_CRONS = re.compile(
    r"^(/etc/crontab|/etc/cron\.d/(0hourly|raid-check|sysstat|e2scrub_all|mdadm|certbot|popularity-contest|anacron"
    r"|zfsutils-linux|logrotate|dma|iepc[-_].*|prep[-_].*|prep))$"
)
_ADMINS = ("root",)


def databases(facts):
    """Neither running nor merely installed."""
    expected = "ningún servidor de bases de datos"
    packages = facts.host(
        "packages",
        excerpt=lambda value: dict(
            (name, value["installed"][name]) for name in value["installed"] if _DATABASE_PACKAGES.match(name)
        ),
    )
    processes = facts.host(
        "processes", excerpt=lambda value: [one for one in value if one["comm"] in _DATABASE_PROCESSES]
    )
    services = facts.host(
        "services",
        excerpt=lambda value: dict(
            (name, value[name]) for name in _DATABASE_UNITS if (value.get(name) or {}).get("active") == "active"
        ),
    )
    if not packages["installed"] or not processes or not set(services) & set(_DATABASE_UNITS):
        raise NoEvidence("El servidor no dio la lista de paquetes, de procesos o de servicios")
    found = set("paquete %s" % name for name in packages["installed"] if _DATABASE_PACKAGES.match(name))
    found.update("proceso %s" % one["comm"] for one in processes if one["comm"] in _DATABASE_PROCESSES)
    found.update(
        "servicio %s" % name for name in _DATABASE_UNITS if (services.get(name) or {}).get("active") == "active"
    )
    return judged(not found, listing(sorted(found)) or "ninguno", expected)


def services(facts):
    """Only ports that the call asks for are listened on beyond loopback."""
    expected = "a la escucha sólo %s/tcp, reloj y DHCP" % listing(_PORTS["tcp"])
    sockets = facts.host("sockets.listening", excerpt=lambda value: [one for one in value if _is_foreign(one)])
    if not sockets:
        raise NoEvidence("El servidor no dio la lista de puertos a la escucha")
    foreign = sorted(
        set("%s (%d/%s)" % (one["process"] or "?", one["port"], one["proto"]) for one in sockets if _is_foreign(one))
    )
    return judged(not foreign, listing(foreign) or "ningún servicio ajeno", expected)


def _is_foreign(one):
    return not is_loopback(one["address"]) and one["port"] not in _PORTS[one["proto"]]


def containers(facts):
    """No container runs; an engine that could start one is told of."""
    expected = "ningún contenedor en marcha ni motor de contenedores"
    value = facts.host("containers")
    if value["running"] is None:
        raise BrokenEvidence("No se pudo saber cuántos contenedores hay")
    good = value["running"] == 0 and not value["engines"]
    return judged(
        good,
        "ninguno" if good else "%d en marcha; motores: %s" % (value["running"], listing(value["engines"]) or "ninguno"),
        expected,
    )


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
    names = sorted(set(one["name"].lower() for one in value["vhosts"]))
    foreign = [name for name in names if name != domain.lower()]
    if not names:
        return judged(False, "Apache no tiene ningún sitio", expected)
    return judged(not foreign, "también atiende %s" % listing(foreign) if foreign else listing(names), expected)


def crons(facts):
    """Scheduled jobs come from the system or from PREP."""
    expected = "sólo tareas del sistema y del PREP"
    jobs = facts.host("crons", excerpt=lambda value: [one for one in value if _is_foreign_cron(one)] or value[:3])
    foreign = sorted(set("%s: %s" % (one["file"], one["line"][:60]) for one in jobs if _is_foreign_cron(one)))
    return judged(not foreign, listing(foreign, 3) or "%d tareas, todas del sistema" % len(jobs), expected)


def _is_foreign_cron(job):
    if job["file"] == "/etc/crontab":
        return "run-parts" not in job["line"] and "/etc/cron." not in job["line"]
    return not _SYSTEM_CRONS.match(job["file"])


def accounts(facts):
    """Nobody but the administration has a login shell and a password or key."""
    expected = "sólo la cuenta de administración inicia sesión"
    users = facts.host("users")
    keys = facts.host("ssh.authorized", excerpt=lambda value: dict((user, len(value[user])) for user in value))
    if not users:
        raise NoEvidence("El servidor no dio la lista de cuentas")
    able = sorted(
        one["name"]
        for one in users
        if one["name"] not in _ADMINS
        and one["uid"] != 0
        and _has_shell(one)
        and (one["password"] in ("hash", "empty") or keys.get(one["name"]))
    )
    return judged(not able, "también %s" % listing(able) if able else "ninguna otra", expected)


def _has_shell(user):
    return user.get("login", not user["shell"].endswith(("nologin", "false", "sync", "shutdown", "halt")))


CHECKS = {
    "dedicated.databases": (databases, "ningún servidor de bases de datos"),
    "dedicated.services": (services, "a la escucha sólo los servicios de la convocatoria"),
    "dedicated.containers": (containers, "ningún contenedor"),
    "dedicated.vhosts": (vhosts, "sólo el sitio del PREP"),
    "dedicated.crons": (crons, "sólo tareas del sistema y del PREP"),
    "dedicated.accounts": (accounts, "sólo la cuenta de administración inicia sesión"),
}
