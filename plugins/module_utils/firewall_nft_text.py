# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What rules of ``nft -j list ruleset`` say, as text: for the evidence, and for trying what they name."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

from ansible_collections.iepc.prep.plugins.module_utils import ip_ranges
from ansible_collections.iepc.prep.plugins.module_utils.firewall_nft_match import as_list


def describe(expressions):
    """A rule in about the words of ``nft list``, for the evidence."""
    words = []
    for expression in expressions:
        for kind, body in expression.items():
            if kind == "match":
                operator = "" if body.get("op") in ("==", "in") else " %s" % body.get("op")
                words.append("%s%s %s" % (_left_text(body.get("left")), operator, _right_text(body.get("right"))))
            elif kind in ("jump", "goto"):
                words.append("%s %s" % (kind, body.get("target")))
            elif kind == "counter":
                continue
            else:
                words.append(kind)
    return " ".join(words)


def _left_text(left):
    if isinstance(left, dict) and len(left) == 1:
        kind, body = list(left.items())[0]
        if kind == "payload" and isinstance(body, dict):
            return "%s %s" % (body.get("protocol"), body.get("field"))
        if kind in ("meta", "ct") and isinstance(body, dict):
            return "%s %s" % (kind, body.get("key"))
    return json.dumps(left, sort_keys=True)


def _right_text(right):
    if isinstance(right, dict):
        if "prefix" in right:
            return "%s/%s" % (right["prefix"].get("addr"), right["prefix"].get("len"))
        if "range" in right:
            return "-".join(str(one) for one in right["range"])
        if "set" in right:
            return "{ %s }" % ", ".join(_right_text(one) for one in as_list(right["set"]))
    if isinstance(right, (dict, list)):
        return json.dumps(right, sort_keys=True)
    return str(right)


def named_sources(objects):
    """Source addresses and networks that rules and address sets speak of, as texts."""
    found = set()
    for one in objects:
        for kind, body in one.items():
            if kind == "rule" and not body.get("table", "").startswith("f2b"):
                for expression in body.get("expr", []):
                    match = expression.get("match") if isinstance(expression, dict) else None
                    if match and "saddr" in json.dumps(match.get("left")):
                        _collect(match.get("right"), found)
            elif kind in ("set", "map") and "addr" in json.dumps(body.get("type", "")):
                if not body.get("name", "").startswith("f2b") and not body.get("table", "").startswith("f2b"):
                    _collect(body.get("elem", []), found)
    return found


def _collect(value, found):
    if isinstance(value, dict):
        if "prefix" in value:
            value = "%s/%s" % (value["prefix"].get("addr"), value["prefix"].get("len"))
        elif "range" in value:
            value = "%s-%s" % tuple(value["range"][:2])
        else:
            for inner in value.values():
                _collect(inner, found)
            return
    if isinstance(value, list):
        for inner in value:
            _collect(inner, found)
    elif not isinstance(value, bool) and not isinstance(value, int) and ip_ranges.parse(value):
        found.add(str(value))
