# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Is an inventory complete and well-formed?  Judged before any server is touched.

Pure functions: they get what was read (the call, each host's variables, which
file said what) and return the list of mistakes.  A mistake is a dict

    file      the file to open, as shown to the person
    key       the variable, with the way into it: ``prep_contacts.drills.phone``
    host      the inventory host, or None where it concerns the whole inventory
    expected  what should stand there
    got       what stands there, shortened; never a secret's text
    hint      a likely correction, or None

and :func:`format_error` prints it as one line.
"""

from __future__ import absolute_import, division, print_function

import difflib

from ansible_collections.iepc.prep.plugins.module_utils import addresses, input_formats
from ansible_collections.iepc.prep.plugins.module_utils.call import CONTACT_FIELDS

__metaclass__ = type

# Every variable of an inventory that is not an option of a role.  The value says
# where a missing one belongs: in the file of the host or in that of the group.
KNOWN_KEYS = {
    "prep_call": "group",
    "prep_domain": "host",
    "prep_allowed_sources": "group",
    "prep_control_nodes": "group",
    "prep_admin_sources": "host",
    "prep_outlet": "host",
    "prep_contacts": "host",
    "prep_documents": "host",
    "prep_attestations": "host",
    "prep_waivers": "host",
    "prep_drills": "group",
    "prep_disputes": "host",
    "prep_vantage_address": "host",
    "prep_rsync_user": "group",
    "prep_rsync_secret": "host",
    "prep_reports_dir": "group",
    "prep_thorough": "group",
}

REQUIRED_KEYS = (
    "prep_call",
    "prep_domain",
    "prep_allowed_sources",
    "prep_control_nodes",
    "prep_outlet",
    "prep_contacts",
    "prep_rsync_secret",
)

# Ansible's, anybody's own and those that `prepctl lab` writes: never looked at.
FREE_PREFIXES = ("ansible_", "local_", "lab_")

OUTLET_FIELDS = ("name", "kind", "portal_urls")
# A record may name the paper behind it, and the paper's hash: the report says if it is another one.
FILE_FIELDS = ("file", "sha256")
DOCUMENT_FIELDS = ("date",) + FILE_FIELDS
STATEMENT_FIELDS = ("control", "text", "name", "post", "date")
WAIVER_FIELDS = ("control", "version", "hosts", "reason", "approver", "document", "expires")

# rsyncd's challenge can be attacked offline by who records it (domain: data and
# challenge travel unencrypted), so the secret has to resist guessing.
SECRET_MIN_LENGTH = 20

# A value that stands in the inventory but cannot be evaluated; the caller has said so.
UNREADABLE = object()

_MISSING = object()


def call_stages(call):
    """Slugs of the stages for which a call asks a technical contact."""
    return _slugs(call.get("stages"))


def call_controls(call):
    """Slugs of every control of a call."""
    return _slugs(call.get("controls"))


def attestable_controls(call):
    """Slugs of the controls that a person's statement can prove, for want of anything to look at."""
    return [control["slug"] for control in call.get("controls") or [] if control.get("attestable")]


def _slugs(things):
    return [thing["slug"] for thing in things or []]


def _listed(value):
    return value if isinstance(value, list) else []


def error(file, key, expected, got, host=None, hint=None):
    """One mistake, as described at the top of this file."""
    return {"file": file, "key": key, "host": host, "expected": expected, "got": got, "hint": hint}


def format_error(mistake):
    """The one line that a person reads: ``FILE: KEY: expected ..., got ... (did you mean ...?)``."""
    line = "%(file)s: %(key)s: expected %(expected)s, got %(got)s" % mistake
    if mistake.get("hint"):
        line += " (did you mean %s?)" % mistake["hint"]
    return " ".join(line.split())


def suggest(word, known):
    """The known word nearest to *word*, or ``None``."""
    near = difflib.get_close_matches(str(word), sorted(str(name) for name in known), n=1, cutoff=0.6)
    return near[0] if near else None


def shown(value):
    """*value* shortened for a message."""
    return input_formats.shown(value)


def check_call(name, known_calls, file="group_vars/diffusers.yml"):
    """The mistake of naming a call that does not exist.

    :param name: value of ``prep_call``.
    :param known_calls: names of the calls at hand.
    :returns: an error dict.
    """
    return error(
        file,
        "prep_call",
        "the name of a call (%s) or the path of one" % ", ".join(sorted(known_calls)),
        shown(name),
        hint=suggest(name, known_calls),
    )


def validate(call, hosts, provenance, role_options, declared=None):
    """Judge a whole inventory.

    :param call: the call as data, of the shape that module_utils/call.py checks,
        or ``None`` where it could not be read (then what depends on it is left
        out; :func:`check_call` reports the call).
    :param hosts: ``{diffuser: {variable: value}}``, values already templated,
        :data:`UNREADABLE` where that failed.
    :param provenance: ``{(host, variable): file}``: where a value comes from.
    :param role_options: ``{option: spec}`` of every role's argument_specs.yml,
        spec as there (``type``, ``choices``); also a plain collection of names.
    :param declared: ``[(file, variable)]`` of everything the inventory's files
        set, also for hosts that are no diffusers; from *provenance* if absent.
    :returns: list of error dicts, in the order of files and keys.
    """
    specs = role_options if isinstance(role_options, dict) else dict.fromkeys(role_options, {})
    if declared is None:
        declared = [(file, key) for (_host, key), file in provenance.items()]
    mistakes = unknown_keys(declared, specs)
    if not hosts:
        mistakes.append(error("diffusers.ini", "[diffusers]", "at least one diffuser in the group", "none"))
    for host in sorted(hosts):
        mistakes.extend(_Host(call, host, hosts, provenance, specs).mistakes())
    mistakes.extend(_shared(hosts, provenance, "prep_domain", secret=False))
    mistakes.extend(_shared(hosts, provenance, "prep_rsync_secret", secret=True))
    return _once(mistakes)


def unknown_keys(declared, specs):
    """Variables in the inventory's files that nothing reads: most often a typing mistake.

    A silently ignored ``prep_waiver`` is worse than an error: somebody believes it counts.
    """
    known = set(KNOWN_KEYS) | set(specs)
    return [
        error(
            file,
            key,
            "a known variable (yours may start with local_)",
            "an unknown one",
            hint=suggest(key, known),
        )
        for file, key in sorted(set(declared))
        if key not in known and not key.startswith(FREE_PREFIXES)
    ]


def _shared(hosts, provenance, key, secret):
    """Two diffusers with the same value where each needs its own."""
    first_with = {}
    found = []
    for host in sorted(hosts):
        value = hosts[host].get(key)
        if not addresses.is_text(value) or not value:
            continue
        same = value if secret else value.lower().rstrip(".")
        if same in first_with:
            found.append(
                error(
                    _file(provenance, host, key),
                    key,
                    "a value of its own for %s" % host,
                    "the same as %s%s" % (first_with[same], "" if secret else " (%s)" % value),
                    host=host,
                )
            )
        else:
            first_with[same] = host
    return found


def _once(mistakes):
    """One line per mistake: what a group's file says wrong is not repeated per host."""
    seen, unique = set(), []
    for mistake in mistakes:
        line = format_error(mistake)
        if line not in seen:
            seen.add(line)
            unique.append(mistake)
    return sorted(unique, key=lambda one: one["file"])


def _file(provenance, host, key):
    """The file that sets *key* for *host*, or the one where it belongs."""
    found = provenance.get((host, key))
    if found:
        return found
    return "group_vars/diffusers.yml" if KNOWN_KEYS.get(key) == "group" else "host_vars/%s.yml" % host


class _Host(object):
    """The checks of one diffuser's variables."""

    def __init__(self, call, host, hosts, provenance, specs):
        self.call = call
        self.host = host
        self.hosts = hosts
        self.variables = hosts[host]
        self.provenance = provenance
        self.specs = specs
        self.found = []

    def mistakes(self):
        """:returns: the list of error dicts of this host."""
        for key in REQUIRED_KEYS:
            if self._get(key) in (_MISSING, None):
                self._say(key, "a value (required)", "nothing")
        self._check("prep_domain", self._domain)
        self._check("prep_allowed_sources", self._sources)
        self._check("prep_admin_sources", self._sources)
        self._check("prep_control_nodes", self._control_nodes)
        self._check("prep_outlet", self._outlet)
        self._check("prep_contacts", self._contacts)
        self._check("prep_documents", self._documents)
        self._check("prep_attestations", self._attestations)
        self._check("prep_waivers", self._waivers)
        self._check("prep_disputes", self._disputes)
        self._check("prep_rsync_user", self._rsync_user)
        self._check("prep_rsync_secret", self._secret)
        self._check("prep_reports_dir", self._text)
        self._check("prep_thorough", self._switch)
        self._role_options()
        return self.found

    # What the checks are made of.

    def _get(self, key):
        return self.variables.get(key, _MISSING)

    def _check(self, key, check):
        value = self._get(key)
        if value is not _MISSING and value is not None and value is not UNREADABLE:
            check(key, value)

    def _say(self, path, expected, got, hint=None):
        key = path.split(".")[0].split("[")[0]
        self.found.append(error(_file(self.provenance, self.host, key), path, expected, got, self.host, hint))

    def _text(self, path, value):
        """Whether *value* is text with something in it."""
        if addresses.is_text(value) and value.strip():
            return True
        self._say(path, "text", shown(value))
        return False

    def _switch(self, path, value):
        # A command line (-e) says everything as text.
        if not isinstance(value, bool) and str(value).lower() not in ("true", "false", "yes", "no", "1", "0"):
            self._say(path, "true or false", shown(value))

    def _list(self, path, value, of):
        if isinstance(value, list):
            return True
        self._say(path, "a list of %s" % of, shown(value))
        return False

    def _mapping(self, path, value, required, optional=()):
        """Whether *value* is a mapping with these fields; says what is missing or unknown."""
        if not isinstance(value, dict):
            self._say(path, "a mapping with %s" % ", ".join(required), shown(value))
            return False
        for field in value:
            if field not in required and field not in optional:
                allowed = list(required) + list(optional)
                self._say(
                    "%s.%s" % (path, field),
                    "one of %s" % ", ".join(allowed),
                    "an unknown field",
                    suggest(field, allowed),
                )
        for field in required:
            if value.get(field) in (None, ""):
                self._say(
                    "%s.%s" % (path, field),
                    input_formats.EXPECTED.get(field, "a value") + " (required)",
                    "nothing",
                )
        return True

    def _formats(self, path, value, fields):
        """Judge the fields of a mapping that have a format; absent ones are said elsewhere."""
        for field in fields:
            if value.get(field) in (None, ""):
                continue
            expected = input_formats.check(field, value[field])
            if expected:
                self._say("%s.%s" % (path, field), expected, shown(value[field]))

    # One check per variable.

    def _domain(self, key, value):
        if not addresses.is_host_name(value):
            self._say(key, "the public host name of the mirror, such as prep.example.org", shown(value))

    def _sources(self, key, value):
        if not self._list(key, value, "IP addresses or networks"):
            return
        for index, entry in enumerate(value):
            try:
                addresses.check_source(entry)
            except addresses.AddressError as problem:
                self._say("%s[%d]" % (key, index), str(problem), shown(entry), problem.hint)

    def _control_nodes(self, key, value):
        if not self._list(key, value, "IP addresses"):
            return
        allowed = self._get("prep_allowed_sources")
        for index, entry in enumerate(value):
            path = "%s[%d]" % (key, index)
            try:
                addresses.parse_address(entry)
            except addresses.AddressError as problem:
                self._say(path, str(problem), shown(entry), problem.hint)
                continue
            if isinstance(allowed, list) and not any(
                addresses.contains(network, entry) for network in allowed
            ):
                self._say(path, "an address that prep_allowed_sources contains", shown(entry))

    def _outlet(self, key, value):
        facts = [one["asked_if"] for one in (self.call or {}).get("documents") or [] if "asked_if" in one]
        if not self._mapping(key, value, ("name", "portal_urls"), ["kind"] + facts):
            return
        for field in facts:
            if field in value and not isinstance(value[field], bool):
                self._say("%s.%s" % (key, field), "true or false", shown(value[field]))
        for field in ("name", "kind"):
            if value.get(field) not in (None, ""):
                self._text("%s.%s" % (key, field), value[field])
        urls = value.get("portal_urls")
        if urls in (None, "") or not self._list(key + ".portal_urls", urls, "URLs"):
            return
        for index, url in enumerate(urls):
            if not input_formats.is_url(url):
                self._say(
                    "%s.portal_urls[%d]" % (key, index), "a URL such as https://www.example.org", shown(url)
                )

    def _contacts(self, key, value):
        if self.call is None:
            return
        stages, fields = call_stages(self.call), self.call.get("contact_fields") or CONTACT_FIELDS
        if not isinstance(value, dict):
            self._say(key, "a mapping with a contact for each stage (%s)" % ", ".join(stages), shown(value))
            return
        for stage in stages:
            path = "%s.%s" % (key, stage)
            if value.get(stage) is None:
                self._say(path, "a contact with %s (required)" % ", ".join(fields), "nothing")
            elif self._mapping(path, value[stage], fields, [one for one in CONTACT_FIELDS if one not in fields]):
                self._formats(path, value[stage], CONTACT_FIELDS)
        for stage in value:
            if stage not in stages:
                self._say(
                    "%s.%s" % (key, stage),
                    "a stage of the call (%s)" % ", ".join(stages),
                    "an unknown one",
                    suggest(stage, stages),
                )

    def _documents(self, key, value):
        if self.call is None:
            return
        known = _slugs(self.call.get("documents"))
        if not isinstance(value, dict):
            self._say(key, "a mapping with some of %s" % ", ".join(known), shown(value))
            return
        for name in value:
            path = "%s.%s" % (key, name)
            if name not in known:
                self._say(path, "one of %s" % ", ".join(known), "an unknown document", suggest(name, known))
            elif self._mapping(path, value[name], ("date",), FILE_FIELDS):
                self._formats(path, value[name], DOCUMENT_FIELDS)
                self._file(path, value[name])

    def _file(self, path, record):
        """A hash is of a file."""
        if record.get("sha256") not in (None, "") and record.get("file") in (None, ""):
            self._say(path + ".file", "the file that sha256 is of", "nothing")

    def _records(self, key, value, fields, of, optional=FILE_FIELDS):
        """[(path, record)] of a list that speaks about controls: complete, well-formed, the control known."""
        if not self._list(key, value, of):
            return []
        controls = call_controls(self.call) if self.call is not None else None
        good = []
        for index, entry in enumerate(value):
            path = "%s[%d]" % (key, index)
            if not self._mapping(path, entry, fields, optional):
                continue
            named = list(fields) + list(optional)
            self._formats(path, entry, [one for one in named if one not in ("control", "hosts")])
            self._file(path, entry)
            control = entry.get("control")
            if control in (None, ""):
                continue
            if controls is not None and control not in controls:
                self._say(
                    path + ".control", "a control of the call", shown(control), suggest(control, controls)
                )
            else:
                good.append((path, entry))
        return good

    def _once(self, path, seen, *words):
        """Whether a control is named for the first time."""
        if words in seen:
            self._say(path + ".control", "one entry per control", "a second one for %s" % " of ".join(words))
        seen.add(words)

    def _attestations(self, key, value):
        accepted = attestable_controls(self.call) if self.call is not None else None
        seen = set()
        for path, entry in self._records(key, value, STATEMENT_FIELDS, "attestations", ("expires",) + FILE_FIELDS):
            if accepted is not None and entry["control"] not in accepted:
                expected = "a control that can be attested (%s)" % ", ".join(accepted)
                self._say(path + ".control", expected, shown(entry["control"]))
            else:
                self._once(path, seen, str(entry["control"]))

    def _disputes(self, key, value):
        seen = set()
        for path, entry in self._records(key, value, STATEMENT_FIELDS, "disputes"):
            self._once(path, seen, str(entry["control"]))

    def _waivers(self, key, value):
        """A waiver names whom it is for, so that no inventory file can widen it by being moved."""
        seen = set()
        for path, entry in self._records(key, value, WAIVER_FIELDS, "waivers"):
            hosts = entry.get("hosts")
            if hosts in (None, ""):
                continue
            if not isinstance(hosts, list) or not hosts:
                self._say(path + ".hosts", "a list of diffusers", shown(hosts))
                continue
            for index, host in enumerate(hosts):
                where = "%s.hosts[%d]" % (path, index)
                if not addresses.is_text(host) or host not in self.hosts:
                    self._say(where, "a diffuser of the inventory", shown(host), suggest(host, self.hosts))
                elif entry not in _listed(self.hosts[host].get(key)):
                    # Read for this host alone, and so without effect for the one that it names.
                    self._say(where, "%s, whose file this is, or a file that %s reads" % (self.host, host), shown(host))
                else:
                    self._once(path, seen, str(entry["control"]), host)

    def _rsync_user(self, key, value):
        if not input_formats.is_user_name(value):
            self._say(key, "a user name of letters, digits, - and _", shown(value))

    def _secret(self, key, value):
        problem = input_formats.secret_problem(value, SECRET_MIN_LENGTH)
        if problem:
            self._say(key, problem[0], problem[1])

    def _role_options(self):
        """Types and choices of role options that the inventory itself sets."""
        for name in sorted(self.specs):
            if (self.host, name) not in self.provenance or self._get(name) in (_MISSING, None, UNREADABLE):
                continue
            self._option(name, self.specs[name] or {}, self._get(name))

    def _option(self, path, spec, value):
        """One option against its spec, and the fields of its entries against theirs."""
        expected = input_formats.check_option(spec, value)
        if expected:
            self._say(path, expected, shown(value))
            return
        fields = spec.get("options")
        if not fields or not isinstance(value, list):
            return
        required = sorted(field for field in fields if (fields[field] or {}).get("required"))
        for index, entry in enumerate(value):
            where = "%s[%d]" % (path, index)
            if self._mapping(where, entry, required, sorted(set(fields) - set(required))):
                for field in sorted(set(entry) & set(fields)):
                    if entry[field] not in (None, ""):
                        self._option("%s.%s" % (where, field), fields[field] or {}, entry[field])
