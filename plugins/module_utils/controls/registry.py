# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Which function judges which control."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.controls import (
    access,
    dedicated,
    documents,
    firewall,
    intrusions,
    publication,
    server,
    ssh,
    transfer,
    web,
)
from ansible_collections.iepc.prep.plugins.module_utils.controls.facts import Facts, attempt

CHECKS = {}
for _module in (access, dedicated, documents, firewall, intrusions, publication, server, ssh, transfer, web):
    CHECKS.update(_module.CHECKS)


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
    result, found, expected = attempt(CHECKS[slug][0], facts, CHECKS[slug][1])
    return result, found, expected or CHECKS[slug][1], facts.cites
