# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Firewall (II.2): who reaches which port, by the rules in the kernel and as seen from outside."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils import firewall_walk, ip_ranges
from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import (
    BrokenEvidence,
    NoEvidence,
    all_of,
    judged,
    listing,
)

# Somebody on the Internet, and neighbours in private networks.
STRANGERS = (
    "8.8.8.8",
    "1.1.1.1",
    "189.240.1.1",
    "100.64.0.9",
    "10.0.0.9",
    "172.16.0.9",
    "192.168.0.9",
    "2606:4700::1111",
    "2806:100::1",
    "fd00::9",
)
_INTERNET = ("8.8.8.8", "189.240.1.1", "2606:4700::1111", "2806:100::1")
# Ports that are open by mistake more often than others.
_FORGOTTEN = (
    21,
    23,
    25,
    53,
    110,
    111,
    139,
    143,
    389,
    445,
    993,
    2049,
    2375,
    3000,
    3306,
    3389,
    5432,
    5900,
    6379,
    8000,
    8080,
    8443,
    9090,
    9200,
    10000,
    11211,
    27017,
)


class _Rules(object):
    """The rules of one host, and the interfaces by which strangers come."""

    def __init__(self, facts):
        nft = facts.host("firewall.nft")
        saved = facts.host("firewall.iptables")
        network = facts.host("network")
        if not nft["present"] and saved["v4"] is None:
            raise NoEvidence("El servidor no tiene nft ni iptables con qué leer las reglas")
        devices = [route["dev"] for route in network["default_routes"]]
        devices = devices or [address["dev"] for address in network["addresses"]]
        self.devices = sorted(set(devices)) or ["eth0"]
        self.v6_readable = saved["v6"] is not None or nft["present"]
        self.has_v6 = any(
            address["family"] == 6 and address.get("scope") == "global" for address in network["addresses"]
        )
        self.firewall = firewall_walk.Firewall(nft["ruleset"], saved, saved.get("ipsets"))
        self.facts = facts
        self.decisions = []

    def verdicts(self, sources, ports):
        """[(source, port, verdict)] over all interfaces; what can't be told raises BrokenEvidence."""
        found = []
        for source in sources:
            if ":" in source and not self.v6_readable:
                if self.has_v6:
                    raise BrokenEvidence("No se pudieron leer las reglas de IPv6, y el servidor tiene IPv6")
                continue
            for port in ports:
                for device in self.devices:
                    one = firewall_walk.packet(source, port, interface=device)
                    verdict, reason = self.firewall.walk(one)
                    found.append((source, port, verdict))
                    self.decisions.append((source, port, verdict, reason))
        return found

    def show(self, wanted, most=8):
        """Show the decisions that matter as the excerpt: first those with the verdict ``wanted``."""
        ordered = [one for one in self.decisions if one[2] == wanted]
        ordered += [one for one in self.decisions if one[2] != wanted]
        seen, lines = set(), []
        for source, port, verdict, reason in ordered:
            line = "%s -> %d/tcp: %s (%s)" % (source, port, verdict, reason)
            if line not in seen and len(lines) < most:
                lines.append(line)
            seen.add(line)
        self.facts.show("firewall.nft", lines)
        self.facts.show("firewall.iptables", "véase firewall.nft")
        self.facts.show("network", {"interfaces": self.devices})


def _unknown(found):
    """Raise if a packet's fate couldn't be told."""
    doubtful = ["%s -> %d" % (source, port) for source, port, verdict in found if verdict == "unknown"]
    if doubtful:
        raise BrokenEvidence("Hay reglas que no se pueden interpretar: %s" % listing(doubtful, 3))


def _declared(facts, key):
    return list(facts.declared(key) or [])


def active(facts):
    """firewalld runs, comes back after a reboot, and nobody else writes rules."""
    expected = "firewalld activo y habilitado, sin otro administrador de reglas"
    manager = facts.host("firewall.manager")
    unit = facts.host("services", excerpt=lambda value: value.get("firewalld")).get("firewalld", {})
    faults = []
    if not manager["firewalld"]["active"] or unit.get("active") != "active":
        faults.append("firewalld no está activo")
    if unit.get("enabled") not in ("enabled", "static", "indirect", "alias"):
        faults.append("firewalld no arranca solo")
    if manager["others_active"]:
        faults.append("también administra reglas: %s" % listing(manager["others_active"]))
    zone = manager["firewalld"].get("default_zone")
    return judged(not faults, "; ".join(faults) or "firewalld activo, zona %s" % zone, expected)


def restricted_ports(facts):
    """Nobody outside the allow-list reaches 22 or 873: by the rules, and seen from outside."""
    return all_of(facts, _restricted_by_rules, _restricted_from_outside)


def _restricted_by_rules(facts):
    ports = facts.call["ports"]["restricted"]
    expected = "puertos %s cerrados a toda dirección no autorizada" % listing(ports)
    rules = _Rules(facts)
    allowed = ip_ranges.parse_all(_declared(facts, "allowed_sources"))
    admins = ip_ranges.parse_all(_declared(facts, "admin_sources"))
    candidates = set(STRANGERS)
    # Whoever the rules themselves name, and the neighbours of whoever is allowed.
    for one in ip_ranges.parse_all(rules.firewall.named_sources()) + allowed + admins:
        candidates.update(ip_ranges.edges(one))
    found = []
    for port in ports:
        welcome = allowed + (admins if port == facts.port("ssh") else [])
        strangers = sorted(one for one in candidates if not ip_ranges.holds(welcome, one))
        found += rules.verdicts(strangers, [port])
    rules.show("accept")
    open_to = ["%s -> %d" % (source, port) for source, port, verdict in found if verdict == "accept"]
    if open_to:
        return judged(False, "Las reglas dejan pasar %s" % listing(open_to, 4), expected)
    _unknown(found)
    return judged(True, "Las reglas rechazan %d combinaciones de origen y puerto probadas" % len(found), expected)


def _restricted_from_outside(facts):
    ports = facts.call["ports"]["restricted"]
    expected = "sin respuesta en %s desde una dirección no autorizada" % listing(ports)
    states = [
        (vantage, port, value["state"])
        for port in ports
        # Who keeps an administrator's way in is a stranger to every other port.
        for vantage, value in facts.outside(
            "tcp.%d" % port, who="reader" if port == facts.port("ssh") else "stranger"
        )
    ]
    opened = ["%d desde %s" % (port, vantage) for vantage, port, state in states if state == "open"]
    _known_states(states)
    return judged(
        not opened, "Abierto: %s" % listing(opened) if opened else "Desde fuera: %s" % _told(states), expected
    )


def public_ports(facts):
    """Anybody reaches 80 and 443: by the rules, and seen from outside."""
    return all_of(facts, _public_by_rules, _public_from_outside)


def _public_by_rules(facts):
    ports = facts.call["ports"]["public"]
    expected = "puertos %s abiertos a cualquier dirección" % listing(ports)
    rules = _Rules(facts)
    found = rules.verdicts(_INTERNET, ports)
    rules.show("drop")
    closed = ["%s -> %d" % (source, port) for source, port, verdict in found if verdict in ("drop", "reject")]
    if closed:
        return judged(False, "Las reglas impiden %s" % listing(closed, 4), expected)
    _unknown(found)
    return judged(bool(found), "Las reglas admiten %s desde cualquier dirección" % listing(ports), expected)


def _public_from_outside(facts):
    ports = facts.call["ports"]["public"]
    expected = "respuesta en %s desde fuera" % listing(ports)
    states = [(vantage, port, value["state"]) for port in ports for vantage, value in facts.outside("tcp.%d" % port)]
    _known_states(states)
    closed = ["%d desde %s" % (port, vantage) for vantage, port, state in states if state != "open"]
    return judged(
        not closed, "Cerrado: %s" % listing(closed) if closed else "Desde fuera: %s" % _told(states), expected
    )


def _known_states(states):
    odd = [state for _dummy, _dummy, state in states if state not in ("open", "refused", "timeout", "unreachable")]
    if odd:
        raise BrokenEvidence("Estado de puerto desconocido")


def _told(states):
    names = {
        "open": "abierto",
        "refused": "rechazado",
        "timeout": "sin respuesta",
        "unreachable": "inalcanzable",
    }
    return listing(["%d %s (%s)" % (port, names[state], vantage) for vantage, port, state in states])


def allowed_sources(facts):
    """The institute's own addresses do get in: by the rules, and seen from each of them that looked."""
    return all_of(facts, _allowed_by_rules, _allowed_from_outside)


def _allowed_from_outside(facts):
    ports = facts.call["ports"]["restricted"]
    expected = "respuesta en %s desde cada dirección autorizada que observó" % listing(ports)
    states = [
        (vantage, port, value["state"])
        for port in ports
        for vantage, value in facts.outside("tcp.%d" % port, who="allowed")
    ]
    _known_states(states)
    # A refusal came through the firewall; that nobody listens there is another control's matter.
    closed = ["%d desde %s" % (port, vantage) for vantage, port, state in states if state in ("timeout", "unreachable")]
    return judged(
        not closed, "Cerrado: %s" % listing(closed) if closed else "Desde fuera: %s" % _told(states), expected
    )


def _allowed_by_rules(facts):
    ports = facts.call["ports"]["restricted"]
    expected = "puertos %s abiertos a cada dirección autorizada" % listing(ports)
    texts = _declared(facts, "allowed_sources")
    allowed = ip_ranges.parse_all(texts)
    if not allowed or len(allowed) != len(texts):
        raise NoEvidence("No hay direcciones autorizadas en el inventario (prep_allowed_sources)")
    rules = _Rules(facts)
    sources = []
    for family, first, last in allowed:
        sources += [ip_ranges.to_text(family, number) for number in sorted(set([first, last]))]
    found = rules.verdicts(sources, ports)
    rules.show("drop")
    shut = ["%s -> %d" % (source, port) for source, port, verdict in found if verdict in ("drop", "reject")]
    if shut:
        return judged(False, "Las reglas impiden %s" % listing(shut, 4), expected)
    _unknown(found)
    return judged(bool(found), "Las reglas admiten a %s" % listing(texts), expected)


def other_ports(facts):
    """Ports that nobody asked for are closed to strangers."""
    expected = "los puertos que la convocatoria no pide, cerrados"
    asked = facts.call["ports"]["public"] + facts.call["ports"]["restricted"]
    rules = _Rules(facts)
    found = rules.verdicts(_INTERNET, [port for port in _FORGOTTEN if port not in asked])
    rules.show("accept")
    opened = sorted(set(port for _dummy, port, verdict in found if verdict == "accept"))
    if opened:
        return judged(False, "Abiertos a cualquiera: %s" % listing(opened, 10), expected)
    _unknown(found)
    return judged(True, "Cerrados los %d puertos probados" % len(set(one[1] for one in found)), expected)


CHECKS = {
    "firewall.active": (active, "firewalld activo y habilitado, sin otro administrador de reglas"),
    "firewall.restricted_ports": (restricted_ports, "puertos restringidos sólo para direcciones autorizadas"),
    "firewall.public_ports": (public_ports, "puertos públicos abiertos a cualquier dirección"),
    "firewall.allowed_sources": (allowed_sources, "puertos restringidos abiertos a cada dirección autorizada"),
    "firewall.other_ports": (other_ports, "los puertos que la convocatoria no pide, cerrados"),
}
