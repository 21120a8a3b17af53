# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The compliance report as data: same inputs, same bytes."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import json
import re

from ansible_collections.iepc.prep.plugins.module_utils import call as call_model
from ansible_collections.iepc.prep.plugins.module_utils import notices, restore_record, verdict
from ansible_collections.iepc.prep.plugins.module_utils.controls.registry import evaluate
from ansible_collections.iepc.prep.plugins.module_utils.evidence.limits import within_limits
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import to_text

SCHEMA = 1
# Characters of an excerpt: enough to see why, small enough for 50 diffusers in one file.
EXCERPT_LIMIT = 1200
FOUND_LIMIT = 400
# A task, what it said, and what the server says that it restored.
REASON_LIMIT = 800
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def build(call, hosts, run):
    """The whole report.

    :arg call: the call, checked
    :arg hosts: list of dicts in the order of the inventory: name, address, outlet, domain, contacts,
        documents, attestations, waivers, disputes, allowed_sources, admin_sources; contact (reached,
        unreachable or failed), reason; evidence (dict or None), probes (list), blind (list of {name, reason}:
        vantage points that could not look)
    :arg run: dict: id, started, finished (UTC, RFC 3339), controller, collection_version, ansible_core, windows
        (the call's, in UTC)
    :returns: the dict that compliance.json holds
    :raises ValueError: no diffuser, or no control was evaluated
    """
    if not call["controls"]:
        raise ValueError("the call %s has no controls" % call["id"])
    if not hosts:
        raise ValueError("there is no diffuser to judge")
    diffusers = [_diffuser(call, host, run) for host in hosts]
    return {
        "schema": SCHEMA,
        "run": dict(
            run, call=call["id"], title=call["title"], institute=call["institute"], call_document=call["document"]
        ),
        "summary": _summary(call, diffusers),
        "notices": notices.collect(call, hosts, diffusers, run["finished"], _line),
        "clauses": call["clauses"],
        "diffusers": diffusers,
    }


def _diffuser(call, host, run):
    host = dict(
        host,
        evidence=within_limits(host.get("evidence")),
        probes=[within_limits(probe) for probe in host.get("probes") or [] if isinstance(probe, dict)],
    )
    context = {
        "call": call,
        "host": host["name"],
        "now": run["finished"],
        "windows": run.get("windows"),
        "domain": host.get("domain"),
        "outlet": host.get("outlet"),
        "contacts": host.get("contacts"),
        "documents": host.get("documents"),
        "allowed_sources": host.get("allowed_sources"),
        "admin_sources": host.get("admin_sources"),
        "dedicated_allowed": host.get("dedicated_allowed"),
        "log_retention": host.get("log_retention"),
    }
    results = [_result(control, host, context) for control in call["controls"]]
    outlet = host.get("outlet") or {}
    return {
        "name": host["name"],
        "outlet": _line(outlet.get("name") or ""),
        "domain": _line(host.get("domain") or ""),
        "address": _line(host.get("address") or ""),
        "contact": host["contact"],
        "reason": _line(host.get("reason") or "", REASON_LIMIT),
        "restores": _restores(host.get("evidence")),
        "verdict": verdict.of_host(host["contact"], results),
        "ssh_fingerprint": _fingerprint(host.get("evidence")),
        "system": _system(host.get("evidence")),
        "counts": _counts(results),
        "vantage_points": _vantage_points(host),
        "results": results,
    }


def _vantage_points(host):
    """Who looked at it, from which address, and who could not."""
    seen = [
        {
            "name": _line(probe.get("vantage") or ""),
            "family": probe.get("family"),
            "source": _line(probe.get("source") or ""),
            "allowed": probe.get("allowed"),
            "looked": not probe.get("skipped"),
            "skipped": bool(probe.get("skipped")),
            "reason": _line(probe.get("skipped") or ""),
        }
        for probe in host.get("probes") or []
    ]
    blind = [
        {
            "name": _line(one["name"]),
            "family": None,
            "source": "",
            "allowed": None,
            "looked": False,
            "skipped": False,
            "reason": _line(one["reason"]),
        }
        for one in host.get("blind") or []
    ]
    return seen + blind


def _result(control, host, context):
    by_documents = control["source"] == ["document"]
    if host["contact"] == "unreachable" and not by_documents:
        result, expected, cites = "unreachable", "", []
        found = host.get("reason") or "No se pudo entrar al servidor"
    else:
        result, found, expected, cites = evaluate(
            control["slug"], host.get("evidence"), host.get("probes"), context
        )
    treatment, basis = verdict.treat(control, result, host, context["now"])
    disputes = [one for one in verdict.about(control, host, "disputes") if verdict.is_signed(one)]
    return {
        "control": control["slug"],
        "version": control["version"],
        "clause": control["clause"],
        "clause_url": call_model.clause_url(context["call"], control["clause"]),
        "severity": control["severity"],
        "source": control["source"],
        "text": {"es": control["text"]["es"], "en": control["text"]["en"]},
        "result": result,
        "treatment": treatment,
        "basis": _plain_record(basis),
        "dispute": _plain_record(disputes[0] if disputes else None),
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
    text = printable(text.replace("\r\n", "\n"))
    if len(text) <= limit:
        return text
    return "%s\n[… %d caracteres más]" % (text[:limit], len(text) - limit)


def printable(text):
    """The text without what is no Unicode, steers a terminal or turns the direction of reading round."""
    return _CONTROL_CHARACTERS.sub("\ufffd", to_text(text))


def _json(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _is_text(value):
    return isinstance(value, type("")) or isinstance(value, str)


def _line(value, limit=200):
    """One line of bounded length, without characters that steer a terminal or reverse the text."""
    if isinstance(value, list):
        value = ", ".join("%s" % (one,) for one in value)
    text = " ".join(printable("%s" % (value,)).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _plain_record(record):
    if record is None:
        return None
    # What the controller saw of its file is in the notices, where it matters.
    return dict(("%s" % key, _line(record[key], 500)) for key in record if key != "seen")


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


def _restores(evidence):
    """When the server restored its own way in, newest first, in a sentence each."""
    net = _value(evidence, "safety_net")
    restores = net.get("restores") if isinstance(net, dict) else None
    told = []
    for one in reversed(restores if isinstance(restores, list) else []):
        record = dict((key, _line(one.get(key) or "", 300)) for key in ("at", "changed", "sshd", "banned"))
        told.append({
            "at": record["at"],
            "text": dict((lang, _line(restore_record.in_words(record, lang), 1000)) for lang in ("es", "en")),
        })  # fmt: skip
    return told


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
