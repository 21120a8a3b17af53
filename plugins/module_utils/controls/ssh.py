# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""SSH and accounts (II.1): who enters, and how."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.addresses import is_loopback
from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    BrokenEvidence,
    NoEvidence,
    all_of,
    judged,
    listing,
    not_read_yet,
    passed,
)
from ansible_collections.iepc.prep.plugins.module_utils.controls.server import find_unit

_UNITS = ("ssh", "sshd", "ssh.socket", "sshd.socket")
_KEY_ONLY = ("no", "prohibit-password", "without-password", "forced-commands-only")


def active(facts):
    """sshd runs and its socket is on the call's port, beyond loopback."""
    port = facts.port("ssh")
    expected = "sshd activo y a la escucha en el puerto %d" % port
    services = facts.host("services", excerpt=lambda value: dict((unit, value.get(unit)) for unit in _UNITS))
    unit, state = find_unit(services, _UNITS)
    listening = [
        one
        for one in facts.host("sockets.listening", excerpt=on_ports(port))
        if one["proto"] == "tcp" and one["port"] == port and not is_loopback(one["address"])
    ]
    # systemd holds the socket where sshd is started by connection.
    owners = sorted(set(one["process"] or "?" for one in listening))
    good = state.get("active") == "active" and any(owner in ("sshd", "systemd") for owner in owners)
    found = "%s %s; en el puerto %d: %s" % (
        unit,
        state.get("active") or "ausente",
        port,
        listing(owners) or "nadie",
    )
    return judged(good, found, expected)


def on_ports(*ports):
    """An excerpt function: the sockets on those ports."""
    return lambda value: [one for one in value if one.get("port") in ports]


def root_password(facts):
    """By what sshd really applies: root has no way in with a password, from nowhere."""
    return all_of(facts, _keys_alone, _has_read_its_files)


def _has_read_its_files(facts):
    """`sshd -T` speaks of the files; the daemon that runs may have read others."""
    changed = not_read_yet(facts, "sshd")
    if changed:
        raise BrokenEvidence("sshd aún no lee lo que cambió en %s; no se sabe qué aplica" % listing(changed))
    return passed("sshd aplica lo que dicen sus archivos", "")


def _keys_alone(facts):
    expected = "root entra sólo con llave (PermitRootLogin prohibit-password o no)"
    names = (
        "permitrootlogin",
        "passwordauthentication",
        "kbdinteractiveauthentication",
        "challengeresponseauthentication",
        "usepam",
        "authenticationmethods",
    )
    effective = facts.host(
        "sshd.effective",
        excerpt=lambda value: dict(
            (where, dict((name, options.get(name)) for name in names if name in options))
            for where, options in value.items()
        ),
    )
    if not effective.get("outside") or not effective.get("allowed"):
        raise NoEvidence("Falta la configuración efectiva de sshd para direcciones ajenas y autorizadas")
    titles = {"outside": "direcciones ajenas", "allowed": "direcciones autorizadas"}
    ways = []
    for where in sorted(effective):
        options = effective[where]
        if options["permitrootlogin"] in _KEY_ONLY:
            continue
        by_password = options.get("passwordauthentication") != "no"
        interactive = options.get("kbdinteractiveauthentication", options.get("challengeresponseauthentication"))
        if by_password or interactive != "no":
            ways.append("desde %s" % titles.get(where, where))
    values = sorted(set(options["permitrootlogin"] for options in effective.values()))
    found = "PermitRootLogin %s" % listing(values)
    if ways:
        found += ": root puede entrar con contraseña %s" % listing(ways)
    return judged(not ways, found, expected)


def root_access(facts):
    """The collector ran as root, and a key of root's lets the institute in."""
    expected = "acceso con privilegios de root, por llave"
    collector = facts.evidence.get("collector") or {}
    keys = facts.host("ssh.authorized")
    usable = [key for user in sorted(keys) for key in keys[user] if key.get("type") != "unreadable"]
    if "euid" not in collector:
        raise NoEvidence("No consta con qué privilegios se leyó el servidor")
    found = "la lectura se hizo %s; %d llaves autorizadas" % (
        "como root" if collector["euid"] == 0 else "sin privilegios",
        len(usable),
    )
    return judged(collector["euid"] == 0 and bool(usable), found, expected)


def passwords(facts):
    """No empty password, no second root."""
    expected = "sin contraseñas vacías y sin otra cuenta con identificador 0"
    users = facts.host("users")
    if not users:
        raise NoEvidence("El servidor no dio la lista de cuentas")
    empty = [one["name"] for one in users if one["password"] == "empty"]
    twins = [one["name"] for one in users if one["uid"] == 0 and one["name"] != "root"]
    faults = []
    if empty:
        faults.append("contraseña vacía: %s" % listing(empty))
    if twins:
        faults.append("con identificador 0: %s" % listing(twins))
    return judged(not faults, "; ".join(faults) or "%d cuentas revisadas" % len(users), expected)


CHECKS = {
    "sshd.active": (active, "sshd activo y a la escucha en el puerto de la convocatoria"),
    "sshd.root_password": (root_password, "root entra sólo con llave"),
    "access.root": (root_access, "acceso con privilegios de root, por llave"),
    "accounts.passwords": (passwords, "sin contraseñas vacías y sin otra cuenta con identificador 0"),
}
