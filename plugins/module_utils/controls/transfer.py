# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""rsync (II.1, I.9): it listens, only to the institute, and only receives."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils import ip_ranges
from ansible_collections.iepc.prep.plugins.module_utils.addresses import is_loopback
from ansible_collections.iepc.prep.plugins.module_utils.controls import rsync_fixes
from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import NoEvidence, judged, listing
from ansible_collections.iepc.prep.plugins.module_utils.controls.ssh import on_ports

_YES = ("yes", "true", "1")
_NO = ("no", "false", "0")


def answers(facts):
    """rsync is there and has the socket on the call's port."""
    port = facts.port("rsync")
    expected = "rsync instalado y a la escucha en el puerto %d" % port
    rsync = facts.host("rsync", excerpt=lambda value: {"present": value["present"], "version": value["version"]})
    owners = sorted(
        set(
            one["process"] or "?"
            for one in facts.host("sockets.listening", excerpt=on_ports(port))
            if one["proto"] == "tcp" and one["port"] == port and not is_loopback(one["address"])
        )
    )
    # systemd or xinetd holds the socket where the daemon is started by connection.
    good = rsync["present"] and any(owner in ("rsync", "systemd", "xinetd") for owner in owners)
    found = "rsync %s; en el puerto %d: %s" % (rsync["version"] or "ausente", port, listing(owners) or "nadie")
    return judged(good, found, expected)


def _modules(facts):
    """[(name, options with the globals as defaults)] of every module. Raises NoEvidence if there is none."""
    rsync = facts.host("rsync", excerpt=lambda value: {"globals": value["globals"], "modules": value["modules"]})
    if not rsync["modules"]:
        raise NoEvidence("rsyncd no tiene ningún módulo configurado")
    return [(name, dict(rsync["globals"], **rsync["modules"][name])) for name in sorted(rsync["modules"])]


def restricted(facts):
    """Each module takes the institute's addresses only, and asks for user and secret."""
    expected = "hosts allow con sólo las direcciones autorizadas; auth users y secrets file"
    allowed = ip_ranges.parse_all(facts.declared("allowed_sources") or [])
    faults, told = [], []
    for name, options in _modules(facts):
        entries = options.get("hosts allow", "").replace(",", " ").split()
        told.append("[%s] hosts allow %s" % (name, " ".join(entries) or "(vacío)"))
        # Without hosts allow, hosts deny = * lets in nobody: closed until the addresses are announced.
        if not entries and options.get("hosts deny", "").strip() != "*":
            faults.append("[%s] acepta cualquier dirección" % name)
        for entry in entries:
            one = ip_ranges.parse(entry)
            if one is None or not _inside(one, allowed):
                faults.append("[%s] admite %s" % (name, entry))
        if not options.get("auth users"):
            faults.append("[%s] no exige usuario" % name)
        elif not options.get("secrets file"):
            faults.append("[%s] no tiene archivo de secretos" % name)
    return judged(not faults, listing(faults) or listing(told), expected)


def _inside(one, allowed):
    return any(family == one[0] and first <= one[1] and one[2] <= last for family, first, last in allowed)


def write_only(facts):
    """A module receives: no reading, no listing, in a chroot, as an unprivileged user."""
    expected = "read only = no, write only = yes, list = no, use chroot = yes y un usuario sin privilegios"
    faults = []
    modules = _modules(facts)
    for name, options in modules:
        # Defaults of rsyncd.conf(5): read only yes, write only no, list yes, use chroot yes, uid nobody.
        if options.get("write only", "no").lower() not in _YES:
            faults.append("[%s] se puede leer" % name)
        if options.get("read only", "yes").lower() not in _NO:
            faults.append("[%s] no recibe" % name)
        if options.get("list", "yes").lower() not in _NO:
            faults.append("[%s] aparece en la lista" % name)
        if options.get("use chroot", "yes").lower() not in _YES:
            faults.append("[%s] trabaja sin encierro" % name)
        if options.get("uid", "nobody").lower() in ("root", "0", "*"):
            faults.append("[%s] trabaja como root" % name)
    return judged(
        not faults,
        listing(faults) or "%s sólo recibe" % listing(["[%s]" % name for name, _dummy in modules]),
        expected,
    )


def patched(facts):
    """The package has the fixes of the flaws that a sender could use."""
    expected = "un paquete de rsync con las correcciones de su distribución"
    release = facts.host("os.release")
    packages = facts.host("packages", excerpt=lambda value: {"rsync": value["installed"].get("rsync")})
    installed = packages["installed"].get("rsync")
    if not installed:
        raise NoEvidence("rsync no viene de un paquete de la distribución")
    major = release["version_id"].split(".")[0]
    flaws, unknown = rsync_fixes.judge(installed, release["id"], major)
    if flaws:
        return judged(False, "rsync %s es vulnerable a %s" % (installed, listing(flaws)), expected)
    if unknown:
        system = release["pretty"] or release["id"]
        raise NoEvidence("No se sabe si rsync %s de %s corrige %s" % (installed, system, listing(unknown)))
    return judged(True, "rsync %s" % installed, expected)


CHECKS = {
    "rsync.answers": (answers, "rsync instalado y a la escucha en el puerto de la convocatoria"),
    "rsync.restricted": (restricted, "sólo las direcciones autorizadas, con usuario y secreto"),
    "rsync.patched": (patched, "un paquete de rsync con las correcciones de su distribución"),
    "rsync.write_only": (write_only, "un módulo que sólo recibe, encerrado y sin privilegios"),
}
