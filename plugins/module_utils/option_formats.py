# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Formats of role options that end up inside a daemon's configuration.

What passes here holds no quote, no line break and nothing that the daemon would expand, so a
template can write it between its own quotes. Each judge returns None, or what was expected.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils import addresses, input_formats

# `\Z`, not `$`: that one also matches before a line break at the end.
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_PATTERNS = {
    "url_path": (r"/[A-Za-z0-9._~/-]*", "a URL path such as /status.json"),
    "path": (r"(?!.*/\.\.(?:/|\Z))/[A-Za-z0-9._@+/-]*", "an absolute path of letters, digits and . _ @ + -"),
    "header": (r"[A-Za-z][A-Za-z0-9-]*", "the name of an HTTP header"),
    "module": (r"[a-z0-9_]+", "a module's name as Apache prints it, without _module"),
    "ciphers": (r"[A-Za-z0-9+:!@=_.-]+", "an OpenSSL cipher list"),
    "portal": (
        r"[Hh][Tt][Tt][Pp][Ss]?://%s(?:\.%s)*(?::[0-9]{1,5})?(?:/[!#$&()*+,./0-9:;=?@A-Z_a-z~%%-]*)?"
        % (_LABEL, _LABEL),
        "a URL such as https://www.example.org (other letters than ASCII as xn--...)",
    ),
    "url": (
        r"https?://%s(?:\.%s)*(?::[0-9]{1,5})?/[A-Za-z0-9._~/-]*" % (_LABEL, _LABEL),
        "a URL such as https://acme.example.org/directory",
    ),
    "read_timeout": (
        r"[0-9]{1,4}(?:-[0-9]{1,4})?(?:,MinRate=[0-9]{1,7})?",
        "seconds as mod_reqtimeout takes them, such as 10-20,MinRate=500",
    ),
    "sysctl_key": (r"[a-z0-9_]+(?:[./][A-Za-z0-9_-]+)+", "the name of a kernel setting"),
    "sysctl_value": (r"-?[0-9]+(?:[ \t]+-?[0-9]+)*", "numbers"),
    "certificate": (
        r"\s*(?:-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+",
        "PEM text of a certificate, or of several",
    ),
    "key": (
        r"\s*(?:-----BEGIN EC PARAMETERS-----[A-Za-z0-9+/=\s]+-----END EC PARAMETERS-----\s*)?"
        r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]+-----END (?:[A-Z]+ )?PRIVATE KEY-----\s*",
        "PEM text of one private key without a passphrase",
    ),
}
_COMPILED = dict((name, re.compile("(?:%s)\\Z" % pattern)) for name, (pattern, _expected) in _PATTERNS.items())
_LABELS = re.compile(r"%s(?:\.%s)*\Z" % (_LABEL, _LABEL))
_CONTROL = re.compile(u"[\x00-\x1f\x7f]")
_OF_LINES = ("certificate", "key")
# Formats whose text may be a secret: what was got is described, not shown.
SECRET = ("key",)


def _network(value):
    try:
        addresses.parse_network(value)
    except addresses.AddressError as problem:
        return "%s%s" % (problem, " (did you mean %s?)" % problem.hint if problem.hint else "")
    return None


def _host(value):
    if addresses.is_text(value) and len(value) <= 253 and _LABELS.match(value):
        # All digits and dots, but no address: a typing mistake, not a name.
        if not value.split(".")[-1].isdigit():
            return None
    try:
        addresses.parse_address(value)
    except addresses.AddressError:
        return "a host name (letters, digits, - and dots) or an IP address"
    return None


def _public_name(value):
    return None if addresses.is_host_name(value) else "a host name with a dot, which an ACME server can look up"


def _email(value):
    return None if input_formats.is_email(value) else "an e-mail address"


def _number(value, least, most):
    whole = isinstance(least, int) and isinstance(most, int)
    try:
        number = int(str(value)) if whole else float(value)
    except (TypeError, ValueError):
        number = None
    if isinstance(value, bool) or number is None or not least <= number <= most:
        return "a %snumber from %s to %s" % ("whole " if whole else "", least, most)
    return None


_JUDGES = {"network": _network, "host": _host, "public_name": _public_name, "email": _email}
FORMATS = sorted(list(_JUDGES) + list(_PATTERNS) + ["number"])


def expected(kind, value, least=None, most=None):
    """What *value* should have been, or None when it is right.

    :param kind: one of :data:`FORMATS`.
    :param least, most: bounds for ``number``; with a fraction where fractions are allowed.
    """
    if kind == "number":
        return _number(value, least, most)
    if kind not in _OF_LINES and addresses.is_text(value) and _CONTROL.search(value):
        return "one line of text"
    if kind in _JUDGES:
        return _JUDGES[kind](value)
    if addresses.is_text(value) and _COMPILED[kind].match(value):
        return None
    if kind == "sysctl_value" and isinstance(value, int) and not isinstance(value, bool):
        return None
    return _PATTERNS[kind][1]


def misfits(options):
    """Judge options; one line for each that is wrong: ``NAME: expected ..., got ...``.

    :param options: dicts with ``name``, ``format`` and either ``value`` or ``values`` (a list, each
        judged); ``optional`` lets an empty value pass, ``least`` and ``most`` bound a number.
    """
    lines = []
    for option in options:
        many = "values" in option
        for index, value in enumerate(option["values"] if many else [option["value"]]):
            if option.get("optional") and value in ("", None):
                continue
            wanted = expected(option["format"], value, option.get("least"), option.get("most"))
            if wanted:
                got = "something else" if option["format"] in SECRET else input_formats.shown(value)
                name = "%s[%d]" % (option["name"], index) if many else option["name"]
                lines.append("%s: expected %s, got %s" % (name, wanted, got))
    return lines
