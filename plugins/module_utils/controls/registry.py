# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Which function judges which control.

Most controls have a function of their own. Two kinds need none, so that a call can bring new ones:
those about one of its documents, and those that nothing but a person's statement can prove.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils import call as call_model
from ansible_collections.iepc.prep.plugins.module_utils.controls import (
    access,
    dedicated,
    documents,
    firewall,
    freshness,
    intrusions,
    publication,
    server,
    ssh,
    transfer,
    web,
)
from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import Facts, attempt

CHECKS = {}
for _module in (access, dedicated, documents, firewall, freshness, intrusions, publication, server, ssh, transfer, web):
    CHECKS.update(_module.CHECKS)


def check_of(call, slug):
    """(function, what is expected) that judges a control of a call.

    :raises KeyError: nothing does; call.problems would have said so
    """
    if slug in CHECKS:
        return CHECKS[slug]
    document = call_model.document_of(call, slug)
    if document is not None:
        return documents.document(document), documents.ON_FILE
    if call_model.by_statement_alone(call_model.controls_by_slug(call)[slug]):
        return documents.statement, documents.STATED
    raise KeyError(slug)


def evaluate(slug, evidence, probes, context):
    """Judge one control of one host.

    Pure: depends on its arguments alone and changes none of them.

    :arg slug: the control's slug
    :arg evidence: host_evidence's ``evidence`` dict, or None
    :arg probes: list of public_probe's ``probe`` dicts
    :arg context: see :class:`Facts`
    :returns: (result, found, expected, cites); cites: [{key, vantage?, source, at, shown}]
    """
    facts = Facts(evidence, probes, context)
    check, usual = check_of(facts.call, slug)
    result, found, expected = attempt(check, facts, usual)
    return result, found, expected or usual, facts.cites
