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

# Worst first: of several parts of a control the worst one is its result.
WORST_FIRST = (FAIL, ERROR, NO_EVIDENCE, PASS, NOT_APPLICABLE)


class NoEvidence(Exception):
    """Something that the control needs was not gathered."""


class BrokenEvidence(Exception):
    """Something was gathered, and it says that it couldn't be read, or makes no sense."""


class Facts(object):
    """Evidence, probes and declared facts about one host.

    :arg evidence: host_evidence's ``evidence`` dict, or None
    :arg probes: list of public_probe's ``probe`` dicts
    :arg context: dict: call, host, domain, outlet, contacts, documents, allowed_sources,
        admin_sources, now (UTC "YYYY-MM-DDTHH:MM:SSZ"), options ({role variable: value})
    """

    def __init__(self, evidence, probes, context):
        self.evidence = evidence if isinstance(evidence, dict) else {}
        self.probes = [probe for probe in probes or [] if isinstance(probe, dict)]
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

    def outside(self, key, who=None, excerpt=None):
        """The values of one probe item, from each vantage point that counts.

        :arg who: 'reader' only vantage points that are not in the allow-list, 'control' only the
            control node, None all of them
        :returns: list of (vantage, value), at least one
        :raises NoEvidence: no such vantage point, or one that lacks the item
        :raises BrokenEvidence: one of them couldn't look
        """
        probes = [probe for probe in self.probes if self._counts(probe, who)]
        if not probes:
            raise NoEvidence(
                {
                    "reader": "Nadie observó desde una dirección no autorizada (grupo vantage_points)",
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
        return values

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
            return probe.get("allowed") is False
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


def passed(found, expected):
    """The control is met."""
    return PASS, found, expected


def failed(found, expected):
    """The control is not met."""
    return FAIL, found, expected


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
    except Exception as reason:  # hostile or garbled evidence of any shape must end in an error
        return ERROR, "La evidencia no tiene la forma esperada (%s)" % type(reason).__name__, expected


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
