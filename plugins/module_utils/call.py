# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A call as data: checks its shape, one line per mistake, and finds things in it.

``calls/call.schema.json`` says the same to editors and other programs; a test holds both to each
other. What only code can tell (a clause that exists, a time after another, a slug used once) is
told here alone. Reading YAML is the caller's part (module_utils is standard library only).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils.input_formats import is_date

SCHEMA = 1
SEVERITIES = ("required", "recommended")
SOURCES = ("host", "outside", "document")
CONTACT_FIELDS = ("name", "post", "phone", "email", "hours")
# What listens where; the first two are for everybody, the others for the institute's addresses.
SERVICES = (("http", "public"), ("https", "public"), ("ssh", "restricted"), ("rsync", "restricted"))
# A control of this name is about the document of that name: no code knows any document of a call.
DOCUMENT_PREFIX = "documents."

_SLUG = re.compile(r"[a-z0-9_]+\Z")
_CONTROL_SLUG = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+\Z")
_CLAUSE = re.compile(r"[A-Za-z0-9]+(\.[A-Za-z0-9]+)*\Z")
_MINUTE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) (?:[01][0-9]|2[0-3]):[0-5][0-9]\Z")
_ZONE = re.compile(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*\Z")
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-4])[0-5][0-9]\Z")
_SYSTEM = re.compile(r"[a-z0-9_.-]+\Z")
_MAJOR = re.compile(r"[0-9]+\Z")
_TAGS = re.compile(r"[a-z0-9_]+(,[a-z0-9_]+)*\Z")
_URL = re.compile(r"https?://[^\s]+\Z")

_KEYS = (
    "schema",
    "id",
    "title",
    "document",
    "institute",
    "zone",
    "windows",
    "update_interval_minutes",
    "freshness_limit_seconds",
    "stages",
    "contact_fields",
    "documents",
    "ports",
    "services",
    "accepted_systems",
    "zone_check",
    "clauses",
    "controls",
)
_CONTROL_KEYS = ("slug", "clause", "version", "severity", "source", "attestable", "text", "remediation")
_DOCUMENT_KEYS = ("slug", "clause", "title", "deadline", "due_from", "asked_if")
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
    :arg known_controls: slugs that have an evaluation; a control that needs one and has none is a mistake
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


def document_of(call, slug):
    """The document that a control ``documents.NAME`` is about, or None."""
    if slug.startswith(DOCUMENT_PREFIX):
        for document in call["documents"]:
            if document["slug"] == slug[len(DOCUMENT_PREFIX):]:
                return document
    return None


def by_statement_alone(control):
    """Whether nothing but a named person's statement can prove a control: that needs no code."""
    return control.get("attestable") is True and control.get("source") == ["document"]


def clause_url(call, number):
    """Where the text of a clause can be read: its own link, or its place in the call's document."""
    own = call["clauses"][number].get("url")
    whole = call["document"].get("url")
    return own or ("%s#%s" % (whole, number) if whole else "")


class _Check(object):
    def __init__(self, name, known_controls):
        self.name = name
        self.known_controls = known_controls
        self.errors = []

    def say(self, key, expected, got):
        line = "%s: %s: expected %s, got %s" % (self.name, key, expected, _shown(got))
        # What is shown may hold line breaks; one mistake is one line.
        self.errors.append(" ".join(line.split()))

    def run(self, data):
        if not isinstance(data, dict):
            self.say("(file)", "a mapping", data)
            return self.errors
        self.only("", data, _KEYS)
        if not _is_int(data.get("schema")) or data["schema"] != SCHEMA:
            self.say("schema", str(SCHEMA), data.get("schema"))
        self.matching("id", data.get("id"), _SLUG, "a slug like xyz_2030")
        self.both_languages("title", data.get("title"))
        self.document(data.get("document"))
        self.institute(data.get("institute"))
        self.matching("zone", data.get("zone"), _ZONE, "an IANA time zone such as America/Hermosillo")
        for key in ("update_interval_minutes", "freshness_limit_seconds"):
            if not _is_int(data.get(key)) or data.get(key) < 1:
                self.say(key, "a whole number above 0", data.get(key))
        clauses = self.clauses(data.get("clauses"))
        self.windows(data.get("windows"), clauses)
        self.stages(data.get("stages"))
        self.contact_fields(data.get("contact_fields"))
        self.services(data.get("services"), self.ports(data.get("ports")))
        documents = self.documents(data.get("documents"), clauses)
        self.systems(data.get("accepted_systems"))
        self.zone_check(data.get("zone_check"))
        self.controls(data.get("controls"), clauses, documents)
        return self.errors

    # What the checks are made of.

    def only(self, key, value, allowed):
        """Say which keys of a mapping nobody reads."""
        for name in sorted(value, key=str):
            if name not in allowed:
                self.say("%s.%s" % (key, name) if key else name, "one of %s" % ", ".join(allowed), "an unknown key")

    def mapping(self, key, value, allowed):
        """``value`` if it is a mapping, of these keys alone; else an empty one, and that is said."""
        if not isinstance(value, dict):
            self.say(key, "a mapping with %s" % ", ".join(allowed), value)
            return None
        self.only(key, value, allowed)
        return value

    def matching(self, key, value, pattern, expected):
        good = _matches(pattern, value)
        if not good:
            self.say(key, expected, value)
        return good

    def text(self, key, value):
        if not _is_text(value) or not value.strip():
            self.say(key, "a text", value)

    def day(self, key, value):
        if not is_date(value):
            self.say(key, 'a day "YYYY-MM-DD" in quotes', value)

    def minute(self, key, value):
        found = _MINUTE.match(value) if _is_text(value) else None
        if not found or not is_date(found.group(1)):
            self.say(key, 'wall clock "YYYY-MM-DD HH:MM"', value)
            return None
        return value

    def both_languages(self, key, value, more=()):
        """Whether it is a mapping with both texts and nothing but ``more`` besides."""
        if self.mapping(key, value, ("es", "en") + tuple(more)) is None:
            return False
        for language in ("es", "en"):
            self.text("%s.%s" % (key, language), value.get(language))
        return True

    def url(self, key, value):
        if "url" in value:
            self.matching(key + ".url", value["url"], _URL, "a URL such as https://www.example.org/call")

    def clause(self, key, value, clauses):
        if not _is_text(value) or value not in clauses:
            self.say(key, "one of the clauses", value)

    # One check per key.

    def document(self, value):
        if self.mapping("document", value, ("title", "url")) is not None:
            self.both_languages("document.title", value.get("title"))
            self.url("document", value)

    def institute(self, value):
        if self.mapping("institute", value, ("name", "short", "unit")) is not None:
            for name in ("name", "short", "unit"):
                self.text("institute.%s" % name, value.get(name))

    def windows(self, value, clauses):
        if not isinstance(value, dict) or "publication" not in value or "access_logs" not in value:
            self.say("windows", "at least publication and access_logs", value)
            return
        for name in sorted(value, key=str):
            key = "windows.%s" % name
            if not _matches(_SLUG, name):
                self.say(key, "a slug for its name", name)
            window = self.mapping(key, value[name], ("clause", "opens", "closes"))
            if window is None:
                continue
            # The freeze is the institute's own rule, of no clause.
            if "clause" in window:
                self.clause(key + ".clause", window["clause"], clauses)
            times = [self.minute("%s.%s" % (key, end), window.get(end)) for end in ("opens", "closes")]
            if all(times) and not times[0] < times[1]:
                self.say(key + ".closes", "a time after %s" % times[0], times[1])

    def stages(self, value):
        for key, stage in self.records("stages", value, _STAGE_KEYS, _SLUG, "a slug like drills"):
            self.both_languages(key + ".title", stage.get("title"))
            for name in ("from", "until"):
                if name in stage:
                    self.day("%s.%s" % (key, name), stage[name])
            if "dates" in stage:
                if not isinstance(stage["dates"], list) or not stage["dates"]:
                    self.say(key + ".dates", "a list of days", stage["dates"])
                else:
                    for day in stage["dates"]:
                        self.day(key + ".dates", day)
            elif "from" not in stage and "until" not in stage:
                self.say(key, "from, until or dates", "none of them")

    def contact_fields(self, value):
        expected = "a list of some of %s" % ", ".join(CONTACT_FIELDS)
        if not isinstance(value, list) or not value:
            self.say("contact_fields", expected, value)
        else:
            self.each_once("contact_fields", value, CONTACT_FIELDS, expected)

    def each_once(self, key, value, known, expected):
        """Entries of a list, each known and there once."""
        for index, one in enumerate(value):
            if not _is_text(one) or one not in known:
                self.say(key, expected, one)
            elif one in value[:index]:
                self.say(key, "each of them once", one)

    def ports(self, value):
        """{kind: ports} of those that are right."""
        good, seen = {"public": [], "restricted": []}, set()
        if self.mapping("ports", value, ("public", "restricted")) is None:
            return good
        for kind in ("public", "restricted"):
            ports = value.get(kind)
            if not isinstance(ports, list) or not ports:
                self.say("ports.%s" % kind, "a list of ports", ports)
                continue
            for port in ports:
                if not _is_int(port) or not 0 < port < 65536:
                    self.say("ports.%s" % kind, "ports from 1 to 65535", port)
                    continue
                if port in seen:
                    self.say("ports.%s" % kind, "each port once", port)
                seen.add(port)
                good[kind].append(port)
        return good

    def services(self, value, ports):
        if self.mapping("services", value, [name for name, _kind in SERVICES]) is None:
            return
        for name, kind in SERVICES:
            port = value.get(name)
            if not _is_int(port) or port not in ports[kind]:
                self.say("services.%s" % name, "one of ports.%s" % kind, port)

    def clauses(self, value):
        if not isinstance(value, dict) or not value:
            self.say("clauses", "a mapping of clause to texts", value)
            return set()
        for number in sorted(value, key=str):
            key = "clauses.%s" % number
            self.matching(key, number, _CLAUSE, "a number like II.2, in quotes where it is one")
            if self.both_languages(key, value[number], ("url",)):
                self.url(key, value[number])
        return set(number for number in value if _is_text(number))

    def documents(self, value, clauses):
        """The slugs of the documents."""
        slugs = set()
        for key, document in self.records("documents", value, _DOCUMENT_KEYS, _SLUG, "a slug like logo"):
            if _is_text(document.get("slug")):
                slugs.add(document["slug"])
            self.both_languages(key + ".title", document.get("title"))
            self.clause(key + ".clause", document.get("clause"), clauses)
            for name in ("deadline", "due_from"):
                if name in document:
                    self.day("%s.%s" % (key, name), document[name])
            if "asked_if" in document:
                expected = "what the outlet may declare in prep_outlet"
                self.matching(key + ".asked_if", document["asked_if"], _SLUG, expected)
            if "deadline" not in document and "due_from" not in document:
                self.say(key, "deadline or due_from", "none of them")
        return slugs

    def systems(self, value):
        if not isinstance(value, list) or not value:
            self.say("accepted_systems", "a list of systems", value)
            return
        for index, system in enumerate(value):
            key = "accepted_systems[%d]" % index
            if self.mapping(key, system, ("id", "major", "name")) is not None:
                self.matching(key + ".id", system.get("id"), _SYSTEM, "the ID of os-release, such as debian")
                self.matching(key + ".major", system.get("major"), _MAJOR, 'a version in quotes, such as "9"')
                self.text(key + ".name", system.get("name"))

    def zone_check(self, value):
        if self.mapping("zone_check", value, ("when", "offset")) is not None:
            self.minute("zone_check.when", value.get("when"))
            self.matching("zone_check.offset", value.get("offset"), _OFFSET, 'an offset "-0600" in quotes')

    def controls(self, value, clauses, documents):
        expected = "a slug like firewall.public_ports"
        for key, control in self.records("controls", value, _CONTROL_KEYS, _CONTROL_SLUG, expected):
            self.clause(key + ".clause", control.get("clause"), clauses)
            if not _is_int(control.get("version")) or control["version"] < 1:
                self.say(key + ".version", "a whole number above 0", control.get("version"))
            if not _is_text(control.get("severity")) or control["severity"] not in SEVERITIES:
                self.say(key + ".severity", " or ".join(SEVERITIES), control.get("severity"))
            self.source(key, control)
            self.both_languages(key + ".text", control.get("text"))
            remediation = control.get("remediation")
            if self.both_languages(key + ".remediation", remediation, ("tag",)):
                self.matching(
                    key + ".remediation.tag", remediation.get("tag"), _TAGS, "the tags of the roles that fix it"
                )
            if _is_text(control.get("slug")):
                self.judged(key, control, documents)

    def source(self, key, control):
        sources, expected = control.get("source"), "a list of %s" % ", ".join(SOURCES)
        if not isinstance(sources, list) or not sources:
            self.say(key + ".source", expected, sources)
            return
        self.each_once(key + ".source", sources, SOURCES, expected)
        if not isinstance(control.get("attestable", False), bool):
            self.say(key + ".attestable", "true or false", control["attestable"])
        elif control.get("attestable") and "document" not in sources:
            self.say(key + ".source", "document among them (it is attestable)", sources)

    def judged(self, key, control, documents):
        """Something has to be able to judge a control."""
        slug = control["slug"]
        if slug.startswith(DOCUMENT_PREFIX):
            if slug[len(DOCUMENT_PREFIX):] not in documents:
                self.say(key + ".slug", "the slug of one of the documents after %s" % DOCUMENT_PREFIX, slug)
        elif self.known_controls is None or by_statement_alone(control):
            return
        elif slug not in self.known_controls:
            self.say(key + ".slug", "a control that can be evaluated", slug)

    def records(self, key, value, allowed, pattern, expected):
        """[(its key, entry)] of a list of mappings with a slug each; says what is wrong with the rest."""
        if not isinstance(value, list) or not value:
            self.say(key, "a list with at least one entry", value)
            return []
        good, seen = [], set()
        for index, entry in enumerate(value):
            slug = entry.get("slug") if isinstance(entry, dict) else None
            # By its name where it has one: nobody counts sixty entries.
            place = "%s[%s]" % (key, slug if _is_text(slug) else index)
            if self.mapping(place, entry, allowed) is None:
                continue
            if self.matching(place + ".slug", slug, pattern, expected):
                if slug in seen:
                    self.say(place + ".slug", "each slug once", slug)
                seen.add(slug)
            good.append((place, entry))
        return good


def _is_text(value):
    return isinstance(value, str) or type(value).__name__ == "unicode"


def _is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _matches(pattern, value):
    return _is_text(value) and bool(pattern.match(value))


def _shown(value):
    text = "nothing" if value in (None, "") else "%s" % (value,)
    return text if len(text) <= 60 else text[:57] + "..."
