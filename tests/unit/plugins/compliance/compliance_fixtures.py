# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A converged host, as evidence: what the tests of the controls start from and spoil."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import copy
import io
import json
import os

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fixtures")
NOW = "2026-11-24T04:00:10Z"


def read(*parts):
    """The text of a fixture."""
    with io.open(os.path.join(FIXTURES, *parts), encoding="utf-8") as stream:
        return stream.read()


def call():
    """The call of Durango 2022, from JSON: Python 2.7 has no YAML. Another test keeps both the same."""
    return json.loads(read("compliance", "call.json"))


def later_call():
    """The made-up call of 2027, from JSON too."""
    return json.loads(read("compliance", "later_call.json"))


def nft():
    """A real ruleset of firewalld 1.3."""
    return json.loads(read("firewall", "firewalld-1.3-nft.json"))["nftables"]


def evidence():
    """A converged CentOS 7 host's evidence, with the real ruleset."""
    found = json.loads(read("compliance", "converged.json"))
    found["items"]["firewall.nft"]["value"]["ruleset"] = nft()
    return found


def probes():
    """Seen from the control node and from a stranger."""
    return json.loads(read("compliance", "probes.json"))


def context():
    """What the inventory declares."""
    contact = {"name": "Lucía", "post": "Jefa", "phone": "618 555 0111", "email": "l@x.example", "hours": "24 horas"}
    return {
        "call": call(),
        "host": "difusor12",
        "now": NOW,
        "domain": "prep.elmural.example",
        "outlet": {"name": "El Mural", "portal_urls": ["https://www.elmural.example"]},
        "contacts": dict((stage, dict(contact)) for stage in ("installation", "drills", "list", "election")),
        "documents": {
            "expression_of_interest": {"date": "2022-05-16"},
            "commitment": {"date": "2022-05-23"},
            "logo": {"date": "2022-05-25"},
            "infrastructure": {"date": "2022-05-26"},
            "memory": {"date": "2022-06-20"},
        },
        "windows": {
            "publication": {"opens": "2022-06-06T01:00:00Z", "closes": "2022-06-07T01:00:00Z"},
        },
        "allowed_sources": ["203.0.113.10", "198.51.100.0/28", "2001:db8:10::/64"],
        "admin_sources": ["192.0.2.77", "2001:db8:77::7"],
    }


def host(**changes):
    """A host as report_model.build takes it."""
    given = context()
    found = {
        "name": "difusor12",
        "address": "203.0.113.80",
        "contact": "reached",
        "reason": "",
        "evidence": evidence(),
        "probes": probes(),
        "attestations": [
            {"control": slug, "text": "Contrato 12", "name": "Lucía", "post": "Jefa", "date": "2022-05-24"}
            for slug in ("ddos.provider", "bandwidth.sufficient")
        ],
        "waivers": [],
        "disputes": [],
    }
    for key in ("outlet", "domain", "contacts", "documents", "allowed_sources", "admin_sources"):
        found[key] = copy.deepcopy(given[key])
    found.update(changes)
    return found


def run():
    """About a run."""
    return {
        "id": "20261124T040010Z",
        "started": "2026-11-24T04:00:00Z",
        "finished": NOW,
        "controller": "control",
        "collection_version": "0.1.0",
        "ansible_core": "2.16.19",
        "windows": context()["windows"],
    }
