# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What a control may look at, and how it says what it saw.

A control is a function of :class:`Facts`. Whatever it reads is remembered as a
citation, so each result carries the evidence that it rests on. Reading what is
not there ends the control with ``no_evidence``; reading what could not be read
on the server ends it with ``error``. Neither can become a pass.
"""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

PASS, FAIL, NOT_APPLICABLE = "pass", "fail", "not_applicable"
ERROR, NO_EVIDENCE, UNREACHABLE = "error", "no_evidence", "unreachable"

# The web server's answer while a notice is shown; only then is a suspension a reason.
NOTICE_STATUS = 503

# Worst first: of several parts of a control the worst one is its result.
WORST_FIRST = (FAIL, ERROR, NO_EVIDENCE, PASS, NOT_APPLICABLE)


class NoEvidence(Exception):
    """Something that the control needs was not gathered."""


class BrokenEvidence(Exception):
    """Something was gathered, and it says that it couldn't be read, or makes no sense."""


class Suspended(Exception):
    """The institute has this server show a notice in place of the results (I.11): there is nothing to judge."""


class Facts(object):
    """Evidence, probes and declared facts about one host.

    :arg evidence: host_evidence's ``evidence`` dict, or None
    :arg probes: list of public_probe's ``probe`` dicts
    :arg context: dict: call, host, domain, outlet, contacts, documents, allowed_sources,
        admin_sources, now (UTC "YYYY-MM-DDTHH:MM:SSZ"), windows (the call's, in UTC like now)
    """

    def __init__(self, evidence, probes, context):
        self.evidence = evidence if isinstance(evidence, dict) else {}
        # Who had no way to the server saw nothing; the report names them beside the results.
        self.probes = [probe for probe in probes or [] if isinstance(probe, dict) and not probe.get("skipped")]
        self.context = context
        self.call = context["call"]
        self.cites = []

    def host(self, key, excerpt=None):
        """The value of one evidence item read on the server.

        :arg excerpt: function of the value: the part of it worth showing
        :raises NoEvidence: it was not gathered
        :raises BrokenEvidence: it has an error, or was cut off
        """
        item = self._items(self.evidence).get(key)
        if not isinstance(item, dict):
            raise NoEvidence("No se obtuvo del servidor: %s" % key)
        self._cite(key, None, item, excerpt)
        if item.get("error"):
            raise BrokenEvidence("No se pudo leer %s: %s" % (key, item["error"]))
        if item.get("truncated"):
            raise BrokenEvidence("La lectura de %s quedó incompleta" % key)
        if item.get("value") is None:
            raise NoEvidence("El servidor no dio valor para %s" % key)
        return item["value"]

    def outside(self, key, who=None, excerpt=None, results=False):
        """The values of one probe item, from each vantage point that counts.

        :arg who: 'reader' only vantage points that nobody lets in, 'stranger' those that the allow-list
            doesn't hold (administrators of the outlet too), 'allowed' those that it holds, 'control' only
            the control node, None all of them
        :arg results: it is about the results, so that a notice shown in their place leaves nothing to judge
        :returns: list of (vantage, value), at least one
        :raises NoEvidence: no such vantage point, or one that lacks the item
        :raises Suspended: what was seen is the notice that the institute has it show
        :raises BrokenEvidence: one of them couldn't look
        """
        probes = [probe for probe in self.probes if self._counts(probe, who)]
        if not probes:
            raise NoEvidence(
                {
                    "reader": "Nadie observó desde una dirección no autorizada (grupo vantage_points)",
                    "stranger": "Nadie observó desde una dirección no autorizada (grupo vantage_points)",
                    "allowed": "Nadie observó desde una dirección autorizada",
                    "control": "El nodo de control no observó el servidor",
                }.get(who, "Nadie observó el servidor desde fuera")
            )
        values, broken = [], None
        for probe in probes:
            vantage = "%s" % probe.get("vantage")
            item = self._items(probe).get(key)
            if not isinstance(item, dict):
                raise NoEvidence("No se observó %s desde %s" % (key, vantage))
            self._cite(key, vantage, item, excerpt)
            if item.get("error") or item.get("value") is None:
                broken = broken or "No se pudo observar %s desde %s: %s" % (
                    key,
                    vantage,
                    item.get("error") or "sin valor",
                )
            else:
                values.append((vantage, item["value"]))
        if broken:
            raise BrokenEvidence(broken)
        statuses = [value.get("status") for _vantage, value in values if isinstance(value, dict)]
        if results and NOTICE_STATUS in statuses:
            self._unless_suspended()
        return values

    def _unless_suspended(self):
        """:raises Suspended: the server says that the institute suspended it"""
        item = self._items(self.evidence).get("publication")
        value = item.get("value") if isinstance(item, dict) else None
        told = value.get("suspended") if isinstance(value, dict) else None
        if not isinstance(told, dict):
            return
        self.host("publication", excerpt=lambda value: {"suspended": value["suspended"]})
        raise Suspended(suspension(told))

    def port(self, service):
        """The port that the call has a service on: http, https, ssh or rsync."""
        return self.call["services"][service]

    def declared(self, key):
        """A fact from the inventory (documents, contacts, outlet ...). Missing is an empty one."""
        return self.context.get(key)

    @staticmethod
    def _items(holder):
        items = holder.get("items")
        return items if isinstance(items, dict) else {}

    @staticmethod
    def _counts(probe, who):
        if who == "reader":
            return probe.get("allowed") is False and not probe.get("admin")
        if who == "stranger":
            return probe.get("allowed") is False
        # An address that no reader is sent to has nothing to serve; it only must be closed.
        if probe.get("published") is False:
            return False
        if who == "allowed":
            return probe.get("allowed") is True
        if who == "control":
            return probe.get("vantage") == "control"
        return True

    def _cite(self, key, vantage, item, excerpt):
        shown = item.get("value")
        if item.get("error"):
            shown = item["error"]
        elif excerpt is not None and shown is not None:
            shown = excerpt(shown)
        cite = {"key": key, "source": item.get("source"), "at": item.get("at"), "shown": shown}
        if vantage is not None:
            cite["vantage"] = vantage
        self.cites = [one for one in self.cites if (one["key"], one.get("vantage")) != (key, vantage)]
        self.cites.append(cite)

    def show(self, key, shown, vantage=None):
        """Show ``shown`` as the excerpt of an item already read: what the decision rests on."""
        for cite in self.cites:
            if (cite["key"], cite.get("vantage")) == (key, vantage):
                cite["shown"] = shown


def suspension(told):
    """A suspension in a sentence."""
    return "difusión interrumpida por %s desde %s: %s" % tuple(
        told.get(key) or "-" for key in ("authority", "since", "reason")
    )


def passed(found, expected):
    """The control is met."""
    return PASS, found, expected


def failed(found, expected):
    """The control is not met."""
    return FAIL, found, expected


def not_applicable(found, expected):
    """The control isn't asked, by what the call or the outlet declares; never for want of evidence."""
    return NOT_APPLICABLE, found, expected


def judged(good, found, expected):
    """Met if ``good``."""
    return (PASS if good else FAIL), found, expected


def attempt(function, facts, expected=""):
    """Run one part of a control; turn missing, broken and odd evidence into its result."""
    try:
        return function(facts)
    except NoEvidence as reason:
        return NO_EVIDENCE, "%s" % reason, expected
    except BrokenEvidence as reason:
        return ERROR, "%s" % reason, expected
    except Suspended as reason:
        return NOT_APPLICABLE, "%s" % reason, expected
    except Exception as reason:  # hostile or garbled evidence of any shape must end in an error
        return ERROR, "La evidencia no tiene la forma esperada (%s)" % type(reason).__name__, expected


def not_read_yet(facts, daemon):
    """Files of ``daemon``'s configuration that changed after it read them: what they say isn't what runs.

    :raises BrokenEvidence: nothing tells when it read them
    """
    state = facts.host("config.loaded", excerpt=lambda value: value[daemon])[daemon]
    if state is None:
        return []  # it doesn't run, which other controls judge
    if state["loaded"] is None:
        raise BrokenEvidence("No consta cuándo leyó el servidor su configuración (falta %s)" % state["pid_file"])
    return state["changed"]


def all_of(facts, *parts):
    """Run all ``parts``; the worst result counts, and what each of the others found is told too."""
    results = [attempt(part, facts) for part in parts]
    worst = sorted(results, key=lambda one: WORST_FIRST.index(one[0]))[0][0]
    found = [one[1] for one in results if one[0] == worst]
    if worst == PASS:
        found = [one[1] for one in results]
    expected = []
    for one in results:
        if one[2] and one[2] not in expected:
            expected.append(one[2])
    return worst, "; ".join(found), "; ".join(expected)


def listing(things, most=6):
    """A few of ``things`` in a sentence: "a, b y 3 más"."""
    things = ["%s" % one for one in things]
    if len(things) > most:
        return "%s y %d más" % (", ".join(things[:most]), len(things) - most)
    return ", ".join(things)
