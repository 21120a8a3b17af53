# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A call as data: checks its shape, one line per mistake, and finds things in it.

Reading YAML is the caller's part (module_utils is standard library only).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

SCHEMA = 1
SEVERITIES = ("required", "recommended")
SOURCES = ("host", "outside", "document")

_SLUG = re.compile(r"^[a-z0-9_]+(\.[a-z0-9_]+)?$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_MINUTE = re.compile(r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$")
_ZONE = re.compile(r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$")
_KEYS = (
    "schema",
    "id",
    "title",
    "institute",
    "zone",
    "windows",
    "update_interval_minutes",
    "freshness_limit_seconds",
    "stages",
    "contact_fields",
    "documents",
    "infrastructure_deadline",
    "ports",
    "accepted_systems",
    "end_of_life",
    "zone_check",
    "clauses",
    "controls",
)
_CONTROL_KEYS = ("slug", "clause", "severity", "source", "attestable", "text", "remediation")
_DOCUMENT_KEYS = ("slug", "clause", "title", "deadline")
_STAGE_KEYS = ("slug", "title", "from", "until", "dates")


class CallError(ValueError):
    """A call that can't be used. ``errors`` holds one line per mistake."""

    def __init__(self, errors):
        super(CallError, self).__init__("\n".join(errors))
        self.errors = errors


def load(data, name, known_controls=None):
    """Check a call that was read from YAML and give it back.

    :arg data: what the YAML held
    :arg name: the file, for messages
    :arg known_controls: slugs that have an evaluation; a control without one is a mistake
    :raises CallError: with one line "file: key: expected ..., got ..." per mistake
    """
    errors = problems(data, name, known_controls)
    if errors:
        raise CallError(errors)
    return data


def problems(data, name, known_controls=None):
    """All mistakes of a call as lines; [] if it is right."""
    return _Check(name, known_controls).run(data)


def controls_by_slug(call):
    """{slug: control}"""
    return dict((control["slug"], control) for control in call["controls"])


class _Check(object):
    def __init__(self, name, known_controls):
        self.name = name
        self.known_controls = known_controls
        self.errors = []

    def say(self, key, expected, got):
        self.errors.append("%s: %s: expected %s, got %s" % (self.name, key, expected, _shown(got)))

    def run(self, data):
        if not isinstance(data, dict):
            self.say("(file)", "a mapping", data)
            return self.errors
        for key in sorted(data, key=str):
            if key not in _KEYS:
                self.say(key, "one of %s" % ", ".join(_KEYS), "an unknown key")
        if data.get("schema") != SCHEMA:
            self.say("schema", str(SCHEMA), data.get("schema"))
        if not _matches(_SLUG, data.get("id")):
            self.say("id", "a slug like dgo_2022", data.get("id"))
        self.both_languages("title", data.get("title"))
        if not _matches(_ZONE, data.get("zone")):
            self.say("zone", "an IANA time zone such as America/Monterrey", data.get("zone"))
        for key in ("update_interval_minutes", "freshness_limit_seconds"):
            if not _is_int(data.get(key)) or data.get(key) < 1:
                self.say(key, "a whole number above 0", data.get(key))
        self.windows(data.get("windows"))
        self.stages(data.get("stages"))
        self.ports(data.get("ports"))
        clauses = self.clauses(data.get("clauses"))
        self.documents(data.get("documents"), clauses)
        self.systems("accepted_systems", data.get("accepted_systems"), needs_date=False)
        self.systems("end_of_life", data.get("end_of_life"), needs_date=True)
        self.zone_check(data.get("zone_check"))
        fields = data.get("contact_fields")
        if not isinstance(fields, list) or not fields:
            self.say("contact_fields", "a list of field names", fields)
        self.controls(data.get("controls"), clauses)
        return self.errors

    def both_languages(self, key, value):
        if not isinstance(value, dict):
            self.say(key, "texts es and en", value)
            return
        for language in ("es", "en"):
            if not _is_text(value.get(language)) or not value[language].strip():
                self.say("%s.%s" % (key, language), "a text", value.get(language))

    def windows(self, value):
        if not isinstance(value, dict) or "publication" not in value or "access_logs" not in value:
            self.say("windows", "at least publication and access_logs", value)
            return
        for name in sorted(value):
            window = value[name] if isinstance(value[name], dict) else {}
            times = [window.get(key) for key in ("opens", "closes")]
            for key, time in zip(("opens", "closes"), times):  # noqa: B905 (Python 2.7)
                if not _matches(_MINUTE, time):
                    self.say("windows.%s.%s" % (name, key), 'wall clock "YYYY-MM-DD HH:MM"', time)
            if all(_matches(_MINUTE, time) for time in times) and not times[0] < times[1]:
                self.say("windows.%s.closes" % name, "a time after %s" % times[0], times[1])

    def stages(self, value):
        for index, stage in self.records("stages", value, _STAGE_KEYS):
            self.both_languages("stages[%d].title" % index, stage.get("title"))
            days = [stage[key] for key in ("from", "until") if key in stage]
            dates = stage.get("dates", [])
            days += dates if isinstance(dates, list) else [dates]
            if not days:
                self.say("stages[%d]" % index, "from, until or dates", "none of them")
            for day in days:
                if not _matches(_DAY, day):
                    self.say("stages[%d]" % index, 'days "YYYY-MM-DD" in quotes', day)

    def ports(self, value):
        seen = set()
        for kind in ("public", "restricted"):
            ports = value.get(kind) if isinstance(value, dict) else None
            if not isinstance(ports, list) or not ports:
                self.say("ports.%s" % kind, "a list of ports", ports)
                continue
            for port in ports:
                if not _is_int(port) or not 0 < port < 65536:
                    self.say("ports.%s" % kind, "ports from 1 to 65535", port)
                elif port in seen:
                    self.say("ports.%s" % kind, "each port once", port)
                seen.add(port)

    def clauses(self, value):
        if not isinstance(value, dict) or not value:
            self.say("clauses", "a mapping of clause to texts", value)
            return set()
        for clause in sorted(value, key=str):
            self.both_languages("clauses.%s" % clause, value[clause])
        return set(value)

    def documents(self, value, clauses):
        for index, document in self.records("documents", value, _DOCUMENT_KEYS):
            self.both_languages("documents[%d].title" % index, document.get("title"))
            if not _matches(_DAY, document.get("deadline")):
                self.say(
                    "documents[%d].deadline" % index, 'a day "YYYY-MM-DD" in quotes', document.get("deadline")
                )
            self.clause("documents[%d].clause" % index, document.get("clause"), clauses)

    def systems(self, key, value, needs_date):
        if not isinstance(value, list) or not value:
            self.say(key, "a list of systems", value)
            return
        for index, system in enumerate(value):
            system = system if isinstance(system, dict) else {}
            for field in ("id", "major"):
                if not _is_text(system.get(field)):
                    self.say("%s[%d].%s" % (key, index, field), "a text in quotes", system.get(field))
            if needs_date and not _matches(_DAY, system.get("date")):
                self.say("%s[%d].date" % (key, index), 'a day "YYYY-MM-DD" in quotes', system.get("date"))

    def zone_check(self, value):
        value = value if isinstance(value, dict) else {}
        if not _matches(_MINUTE, value.get("when")):
            self.say("zone_check.when", 'wall clock "YYYY-MM-DD HH:MM"', value.get("when"))
        if not _matches(re.compile(r"^[+-]\d{4}$"), value.get("offset")):
            self.say("zone_check.offset", 'an offset "-0600" in quotes', value.get("offset"))

    def controls(self, value, clauses):
        for index, control in self.records("controls", value, _CONTROL_KEYS):
            key = "controls[%s]" % control.get("slug", index)
            self.clause(key + ".clause", control.get("clause"), clauses)
            if control.get("severity") not in SEVERITIES:
                self.say(key + ".severity", " or ".join(SEVERITIES), control.get("severity"))
            sources = control.get("source")
            if not isinstance(sources, list) or not sources or not set(sources) <= set(SOURCES):
                self.say(key + ".source", "a list of %s" % ", ".join(SOURCES), sources)
            if not isinstance(control.get("attestable", False), bool):
                self.say(key + ".attestable", "true or false", control["attestable"])
            self.both_languages(key + ".text", control.get("text"))
            self.both_languages(key + ".remediation", control.get("remediation"))
            remediation = control.get("remediation")
            if isinstance(remediation, dict) and not _is_text(remediation.get("tag")):
                self.say(
                    key + ".remediation.tag", "the tag of the role that fixes it", remediation.get("tag")
                )
            slug = control.get("slug")
            if self.known_controls is not None and _is_text(slug) and slug not in self.known_controls:
                self.say(key + ".slug", "a control that can be evaluated", slug)

    def clause(self, key, value, clauses):
        if value not in clauses:
            self.say(key, "one of the clauses", value)

    def records(self, key, value, allowed):
        """Entries of a list of mappings with a slug each; says what is wrong with the rest."""
        if not isinstance(value, list) or not value:
            self.say(key, "a list with at least one entry", value)
            return []
        good, seen = [], set()
        for index, entry in enumerate(value):
            if not isinstance(entry, dict):
                self.say("%s[%d]" % (key, index), "a mapping", entry)
                continue
            for name in sorted(entry, key=str):
                if name not in allowed:
                    self.say(
                        "%s[%d].%s" % (key, index, name), "one of %s" % ", ".join(allowed), "an unknown key"
                    )
            slug = entry.get("slug")
            if not _matches(_SLUG, slug):
                self.say("%s[%d].slug" % (key, index), "a slug like firewall.public_ports", slug)
            elif slug in seen:
                self.say("%s[%d].slug" % (key, index), "each slug once", slug)
            seen.add(slug if _is_text(slug) else None)
            good.append((index, entry))
        return good


def _is_text(value):
    return isinstance(value, str) or type(value).__name__ == "unicode"


def _is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _matches(pattern, value):
    return _is_text(value) and bool(pattern.match(value))


def _shown(value):
    text = "nothing" if value is None else "%s" % (value,)
    return text if len(text) <= 60 else text[:57] + "..."
