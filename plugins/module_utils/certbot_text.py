# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What certbot keeps about a certificate, and what it says when it gets none. Pure functions."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

_ENTRY = re.compile(r"^\s*([a-z_]+)\s*=\s*(.*?)\s*$")
# What the ACME server said of each name, as certbot 1.10 to 5 repeat it; older ones break the lines.
_REFUSED = re.compile(r"Domain:\s*(\S+)\s+Type:\s*(\S+)\s+Detail:\s*(.*?)(?:\n\s*\n|\Z)", re.S)
_CHATTER = re.compile(
    r"^(?:Saving debug log|Ask for help|Plugins selected|Requesting a certificate|Obtaining a new|Renewing an existing"
    r"|Performing the following|Account registered|Registering|IMPORTANT NOTES|Waiting for verification|Cleaning up)"
)


def renewal_settings(text):
    """A renewal file's plain settings as a dict; of lists, only what one line holds."""
    found = {}
    for line in text.splitlines():
        entry = _ENTRY.match(line)
        if entry:
            found[entry.group(1)] = entry.group(2)
    return found


def names_in(text):
    """DNS names among the output of ``openssl x509 -noout -text``, in lower case."""
    return set(name.lower() for name in re.findall(r"DNS:([^\s,]+)", text))


def reason(text):
    """What certbot's output says about why there is no certificate, as one line."""
    refused = ["%s: %s" % (name, " ".join(detail.split())) for name, _kind, detail in _REFUSED.findall(text)]
    if not refused:
        lines = [" ".join(line.split()) for line in text.splitlines()]
        refused = [line for line in lines if line and not _CHATTER.match(line)]
    return "; ".join(refused)[:700] or "certbot gave no reason"
