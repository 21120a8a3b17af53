# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The compliance report as data: same inputs, same bytes."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import json
import re

from ansible_collections.iepc.prep.plugins.module_utils import verdict
from ansible_collections.iepc.prep.plugins.module_utils.controls.registry import evaluate

SCHEMA = 1
# Characters of an excerpt: enough to see why, small enough for 50 diffusers in one file.
EXCERPT_LIMIT = 1200
FOUND_LIMIT = 400
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def build(call, hosts, run):
    """The whole report.

    :arg call: the call, checked
    :arg hosts: list of dicts in the order of the inventory: name, address, outlet, domain, contacts,
        documents, attestations, waivers, allowed_sources, admin_sources; contact (reached, unreachable
        or failed), reason; evidence (dict or None), probes (list)
    :arg run: dict: id, started, finished (UTC, RFC 3339), controller, collection_version, ansible_core
    :returns: the dict that compliance.json holds
    :raises ValueError: no diffuser, or no control was evaluated
    """
    if not call["controls"]:
        raise ValueError("the call %s has no controls" % call["id"])
    if not hosts:
        raise ValueError("there is no diffuser to judge")
    diffusers = [_diffuser(call, host, run["finished"]) for host in hosts]
    return {
        "schema": SCHEMA,
        "run": dict(run, call=call["id"], title=call["title"], institute=call["institute"]),
        "summary": _summary(call, diffusers),
        "clauses": call["clauses"],
        "diffusers": diffusers,
    }


def _diffuser(call, host, now):
    context = {
        "call": call,
        "host": host["name"],
        "now": now,
        "domain": host.get("domain"),
        "outlet": host.get("outlet"),
        "contacts": host.get("contacts"),
        "documents": host.get("documents"),
        "allowed_sources": host.get("allowed_sources"),
        "admin_sources": host.get("admin_sources"),
    }
    results = [_result(control, host, context) for control in call["controls"]]
    outlet = host.get("outlet") or {}
    return {
        "name": host["name"],
        "outlet": _line(outlet.get("name") or ""),
        "domain": _line(host.get("domain") or ""),
        "address": _line(host.get("address") or ""),
        "contact": host["contact"],
        "reason": _line(host.get("reason") or ""),
        "verdict": verdict.of_host(host["contact"], results),
        "ssh_fingerprint": _fingerprint(host.get("evidence")),
        "system": _system(host.get("evidence")),
        "counts": _counts(results),
        "results": results,
    }


def _result(control, host, context):
    by_documents = control["source"] == ["document"]
    if host["contact"] == "unreachable" and not by_documents:
        result, expected, cites = "unreachable", "", []
        found = host.get("reason") or "No se pudo entrar al servidor"
    else:
        result, found, expected, cites = evaluate(
            control["slug"], host.get("evidence"), host.get("probes"), context
        )
    treatment, basis = verdict.treat(
        control, result, host.get("waivers"), host.get("attestations"), context["now"]
    )
    return {
        "control": control["slug"],
        "clause": control["clause"],
        "severity": control["severity"],
        "source": control["source"],
        "text": {"es": control["text"]["es"], "en": control["text"]["en"]},
        "result": result,
        "treatment": treatment,
        "basis": _plain_record(basis),
        "found": _line(found, FOUND_LIMIT),
        "expected": _line(expected, FOUND_LIMIT),
        "evidence": [_cite(cite) for cite in cites],
        "remediation": {
            "text": {"es": control["remediation"]["es"], "en": control["remediation"]["en"]},
            "tag": control["remediation"]["tag"],
        },
    }


def _cite(cite):
    entry = {
        "key": cite["key"],
        "source": _line(cite.get("source") or "", 300),
        "at": _line(cite.get("at") or ""),
        "excerpt": excerpt(cite.get("shown")),
    }
    if "vantage" in cite:
        entry["vantage"] = _line(cite["vantage"])
    return entry


def excerpt(value, limit=EXCERPT_LIMIT):
    """A piece of evidence as text that people can read, within ``limit`` characters."""
    if isinstance(value, list) and value and all(_is_text(one) for one in value):
        text = "\n".join(value)
    elif _is_text(value):
        text = value
    elif isinstance(value, list) and value:
        text = "\n".join(_json(one) for one in value)
    elif isinstance(value, dict) and value and len(_json(value)) > 100:
        text = "\n".join("%s: %s" % (key, _json(value[key])) for key in sorted(value, key=str))
    else:
        text = _json(value)
    text = _CONTROL_CHARACTERS.sub("\ufffd", text.replace("\r\n", "\n"))
    if len(text) <= limit:
        return text
    return "%s\n[… %d caracteres más]" % (text[:limit], len(text) - limit)


def _json(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _is_text(value):
    return isinstance(value, type("")) or isinstance(value, str)


def _line(value, limit=200):
    """One line of bounded length, without characters that steer a terminal or reverse the text."""
    text = " ".join(_CONTROL_CHARACTERS.sub("\ufffd", "%s" % (value,)).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _plain_record(record):
    if record is None:
        return None
    return dict(("%s" % key, _line(record[key], 500)) for key in record)


def _fingerprint(evidence):
    """The host key by which the server was known: ed25519 first."""
    keys = _value(evidence, "ssh.host_keys")
    keys = [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    order = ("ed25519", "ecdsa", "rsa")
    ranked = sorted(
        keys,
        key=lambda key: (
            [i for i, name in enumerate(order) if name in ("%s" % key.get("type")).lower()] or [9]
        ),
    )
    return _line(ranked[0].get("sha256") or "") if ranked else ""


def _system(evidence):
    release = _value(evidence, "os.release")
    return _line(release.get("pretty") or "") if isinstance(release, dict) else ""


def _value(evidence, key):
    items = evidence.get("items") if isinstance(evidence, dict) else None
    item = items.get(key) if isinstance(items, dict) else None
    return item.get("value") if isinstance(item, dict) else None


def _counts(results):
    counts = dict((name, 0) for name in verdict.RESULTS)
    for entry in results:
        counts[entry["result"]] += 1
    return counts


def _summary(call, diffusers):
    verdicts = dict((name, 0) for name in verdict.VERDICTS)
    totals = dict((name, 0) for name in verdict.RESULTS)
    treatments = dict((name, 0) for name in verdict.TREATMENTS)
    for diffuser in diffusers:
        verdicts[diffuser["verdict"]] += 1
        if len(diffuser["results"]) != len(call["controls"]):
            raise ValueError("%s: %d results for %d controls" % (
                diffuser["name"], len(diffuser["results"]), len(call["controls"])))  # fmt: skip
        for entry in diffuser["results"]:
            totals[entry["result"]] += 1
            treatments[entry["treatment"]] += 1
    return {
        "diffusers": len(diffusers),
        "controls": len(call["controls"]),
        "verdicts": verdicts,
        "results": totals,
        "treatments": treatments,
    }
