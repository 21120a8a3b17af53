# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""An X.509 certificate's names and dates from its DER bytes.

Python's ssl module shows them only of a certificate that it trusts; what an
untrusted mirror presents must be told too. Reads the parts of RFC 5280,
section 4.1, that the report shows, and nothing else.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import calendar
import socket
import time

from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text

SEQUENCE = 0x30
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
OBJECT_ID = 0x06
BMP_STRING = 0x1E
VERSION_TAG = 0xA0
EXTENSIONS_TAG = 0xA3
DNS_NAME = 0x82
IP_ADDRESS = 0x87
SUBJECT_ALT_NAME = "2.5.29.17"
ATTRIBUTES = {
    "2.5.4.3": "CN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
    "2.5.4.10": "O", "2.5.4.11": "OU", "1.2.840.113549.1.9.1": "emailAddress",
    "0.9.2342.19200300.100.1.25": "DC",
}


def read(data, offset=0):
    """One DER element -> (tag, content bytes, offset after it). Raises ValueError."""
    data = bytearray(data)
    if offset + 2 > len(data):
        raise ValueError("DER: ends within an element")
    tag = data[offset]
    size = data[offset + 1]
    offset += 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or offset + count > len(data):
            raise ValueError("DER: length not understood")
        size = int(binascii.hexlify(bytes(data[offset:offset + count])), 16)
        offset += count
    if offset + size > len(data):
        raise ValueError("DER: an element is longer than its data")
    return tag, bytes(data[offset:offset + size]), offset + size


def elements(data):
    """Content of a constructed element -> [(tag, content)]."""
    found = []
    offset = 0
    while offset < len(data):
        tag, content, offset = read(data, offset)
        found.append((tag, content))
    return found


def object_id(content):
    """OBJECT IDENTIFIER content -> '2.5.4.3'."""
    octets = bytearray(content)
    if not octets:
        return ""
    first = min(octets[0] // 40, 2)
    parts = [first, octets[0] - 40 * first]
    value = 0
    for octet in octets[1:]:
        value = (value << 7) | (octet & 0x7F)
        if not octet & 0x80:
            parts.append(value)
            value = 0
    return ".".join(str(part) for part in parts)


def name(content):
    """A Name -> 'CN=mirror.example, O=Outlet', most specific part first (RFC 4514's order)."""
    parts = []
    for _set, attributes in elements(content):
        for _tag, attribute in elements(attributes):
            fields = elements(attribute)
            if len(fields) != 2 or fields[0][0] != OBJECT_ID:
                raise ValueError("DER: a name's part is no pair")
            kind = object_id(fields[0][1])
            encoding = "utf-16-be" if fields[1][0] == BMP_STRING else "utf-8"
            parts.append("%s=%s" % (ATTRIBUTES.get(kind, kind), fields[1][1].decode(encoding, "replace")))
    return ", ".join(reversed(parts))


def moment(tag, content):
    """UTCTime or GeneralizedTime -> '2026-11-24T04:00:00Z'."""
    text = to_text(content)
    if tag == UTC_TIME:
        # Two-digit years: 50 and up are 19xx (RFC 5280, section 4.1.2.5.1).
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif tag != GENERALIZED_TIME:
        raise ValueError("DER: a date of an unknown kind")
    parsed = time.strptime(text, "%Y%m%d%H%M%SZ")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(calendar.timegm(parsed)))


def alternative_names(extensions):
    """The Extensions' content -> ['DNS:mirror.example', 'IP:192.0.2.1']."""
    found = []
    for _tag, extension in elements(read(extensions)[1]):
        fields = elements(extension)
        if object_id(fields[0][1]) != SUBJECT_ALT_NAME:
            continue
        for kind, content in elements(read(fields[-1][1])[1]):
            if kind == DNS_NAME:
                found.append("DNS:" + to_text(content))
            elif kind == IP_ADDRESS:
                family = socket.AF_INET if len(content) == 4 else socket.AF_INET6
                found.append("IP:" + to_text(socket.inet_ntop(family, content)))
    return found


def parse(der):
    """DER bytes -> {subject, sans, issuer, not_before, not_after, self_signed}.

    self_signed: issuer and subject are the same name; its signature is not checked.
    Raises ValueError.
    """
    try:
        fields = elements(read(read(der)[1])[1])
        if fields and fields[0][0] == VERSION_TAG:
            fields = fields[1:]
        # serial, signature algorithm, issuer, validity, subject, key, then optional parts
        issuer, validity, subject = fields[2][1], elements(fields[3][1]), fields[4][1]
        extensions = [content for tag, content in fields[6:] if tag == EXTENSIONS_TAG]
        return {
            "subject": name(subject),
            "sans": alternative_names(extensions[0]) if extensions else [],
            "issuer": name(issuer),
            "not_before": moment(*validity[0]),
            "not_after": moment(*validity[1]),
            "self_signed": issuer == subject,
        }
    except (IndexError, TypeError, socket.error) as error:
        raise ValueError("DER: not a certificate: %s" % error)
