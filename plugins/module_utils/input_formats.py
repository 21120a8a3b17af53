# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Formats of single values in an inventory: dates, telephone numbers, e-mail, URLs, secrets."""

from __future__ import absolute_import, division, print_function

import calendar
import json
import re

from ansible_collections.iepc.prep.plugins.module_utils.addresses import is_text

__metaclass__ = type

EXPECTED = {
    "name": "a person's or institution's name",
    "post": "the post that the person holds",
    "phone": "a telephone number of at least 10 digits",
    "email": "an e-mail address",
    "hours": 'hours such as "lunes a viernes, 09:00-18:00" or "24 horas"',
    "date": "a date such as 2027-05-20",
    "expires": "a time with its UTC offset such as 2027-06-07T20:00:00-06:00",
    "control": "the slug of a control",
    "version": "the version of the control in the call, a whole number",
    "hosts": "a list of diffusers",
    "sha256": "64 hexadecimal digits, as sha256sum prints them",
}

_PHONE = re.compile(  # fmt: skip
    u"^\\+?[0-9(][0-9 ().-]*(?:,? *(?:ext|extensi[o\xf3]n|x)\\.? *[0-9]{1,6})?\\Z", re.IGNORECASE | re.UNICODE
)
_EMAIL = re.compile(
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+\Z"
)
_HOURS = re.compile(
    r"(?:^|[^0-9])(?:[01]?[0-9]|2[0-4])"
    r"(?:[:.][0-5][0-9](?:[^0-9]|$)| ?(?:h|hrs?|horas?|hours?|/ ?7)\b)",
    re.IGNORECASE,
)
_DATE = re.compile(r"^([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")
_TIME = re.compile(
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]"
    r"([01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
    r"(Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])\Z"
)
_URL = re.compile(r"^https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:/[^\s]*)?\Z")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}\Z")
_USER = re.compile(r"^[A-Za-z][A-Za-z0-9_-]{0,31}\Z")
_BOOLEANS = ("yes", "no", "on", "off", "true", "false", "y", "n", "1", "0")
_PLACEHOLDER = re.compile(r"change.?me|cambi[ae]|reempla[cz]|placeholder|ejemplo|example", re.IGNORECASE)


def check(field, value):
    """What *value* should have been, or ``None`` if it is right.

    :param field: a key of :data:`EXPECTED`; any other is free text.
    """
    judge = {
        "phone": is_phone,
        "email": is_email,
        "hours": is_hours,
        "date": is_date,
        "expires": is_time_with_offset,
        "sha256": is_sha256,
        "version": _is_version,
    }
    if judge.get(field, _has_text)(value):
        return None
    return EXPECTED.get(field, "text")


def _is_version(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _has_text(value):
    return is_text(value) and bool(value.strip())


def is_phone(value):
    """At least 10 digits (numbers in Mexico have 10) and nothing but what numbers are written with."""
    if not is_text(value) or not _PHONE.match(value.strip(" ")):
        return False
    number = re.split(r"[A-Za-z]", value)[0]
    return 10 <= len(re.sub(r"[^0-9]", "", number)) <= 15


def is_email(value):
    """One address, local part and domain with a dot; as HTML's ``input type=email`` reads it."""
    return is_text(value) and len(value) <= 254 and bool(_EMAIL.match(value))


def is_hours(value):
    """Text that names an hour of the clock, or says 24 hours."""
    return is_text(value) and bool(_HOURS.search(value))


def is_date(value):
    """A day of the calendar, ISO 8601: 2027-05-20."""
    found = _DATE.match(value) if is_text(value) else None
    if not found:
        return False
    year, month, day = (int(part) for part in found.groups())
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1] if year else False


def is_time_with_offset(value):
    """A point in time with its UTC offset (RFC 3339).

    Without an offset, when a waiver ends would be anybody's guess.
    """
    found = _TIME.match(value) if is_text(value) else None
    return bool(found) and is_date(found.group(1))


def is_sha256(value):
    """64 hexadecimal digits, as sha256sum prints them."""
    return is_text(value) and bool(_SHA256.match(value))


def file_problem(record):
    """In Spanish, why the file that a record names isn't the one that was recorded; None if it is, or none is named.

    :param record: with ``file`` and ``sha256`` as in the inventory, and ``seen``: what the controller
        found there, ``{"sha256": text}`` or ``{"reason": text}``.
    """
    if not record.get("file"):
        return None
    seen = record.get("seen") or {"reason": u"nadie lo ha leído"}
    if not seen.get("sha256"):
        return u"no se pudo leer el archivo %s: %s" % (record["file"], seen.get("reason"))
    if record.get("sha256") and seen["sha256"].lower() != record["sha256"].lower():
        return u"el archivo %s no es el registrado: su SHA-256 es %s" % (record["file"], seen["sha256"])
    return None


def is_url(value):
    """An absolute http or https URL."""
    return is_text(value) and bool(_URL.match(value))


def is_user_name(value):
    """A name that rsyncd's secrets file takes (no colon, no blanks)."""
    return is_text(value) and bool(_USER.match(value))


def secret_problem(value, min_length):
    """Why a secret cannot be used.

    :returns: (expected, got) without the secret's text, or ``None``.
    """
    if not is_text(value):
        return "text of at least %d characters (quote it)" % min_length, "a %s" % _kind(value)
    if _PLACEHOLDER.search(value):
        return "a secret of its own, kept with ansible-vault", "the example's placeholder"
    if len(value) < min_length:
        return "at least %d characters" % min_length, "%d" % len(value)
    if re.search(r"[\s:#]", value) or not all(32 < ord(letter) < 127 for letter in value):
        # One line of the secrets file, user:secret; see rsyncd.conf(5).
        return "printable ASCII without blanks, : and #", "others among its characters"
    if len(set(value)) < 8:
        return "a random secret", "one of %d different characters" % len(set(value))
    return None


def check_option(spec, value):
    """Judge a role's option against its entry in argument_specs.yml.

    Reads values as Ansible does: ``"yes"`` is a bool, ``"5"`` an int.

    :returns: what was expected, or ``None``.
    """
    kind = spec.get("type", "str")
    readers = {"bool": _is_bool, "int": _is_int, "float": _is_number, "list": _is_list, "dict": _is_dict}
    if kind in readers and not readers[kind](value):
        return {
            "bool": "true or false",
            "int": "a whole number",
            "float": "a number",
            "list": "a list",
            "dict": "a mapping",
        }[kind]
    if kind == "str" and isinstance(value, (list, dict)):
        return "text"
    choices = spec.get("choices")
    if choices:
        values = value if kind == "list" and isinstance(value, list) else [value]
        if any(str(one) not in [str(choice) for choice in choices] for one in values):
            return "one of %s" % ", ".join(str(choice) for choice in choices)
    return None


def _is_bool(value):
    return isinstance(value, bool) or str(value).lower() in _BOOLEANS


def _is_int(value):
    return not isinstance(value, bool) and bool(re.match(r"^[+-]?[0-9]+\Z", str(value)))


def _is_number(value):
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def _is_list(value):
    return isinstance(value, list) or is_text(value)


def _is_dict(value):
    return isinstance(value, dict)


def _kind(value):
    if isinstance(value, bool):
        return "boolean"
    return {int: "number", float: "number", list: "list", dict: "mapping"}.get(
        type(value), type(value).__name__
    )


def shown(value, width=70):
    """*value* on one line, shortened: text in quotes, lists and mappings as what they are."""
    if isinstance(value, dict):
        return "a mapping with %s" % (", ".join(sorted(str(key) for key in value)) or "nothing in it")
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 3] + "..."
