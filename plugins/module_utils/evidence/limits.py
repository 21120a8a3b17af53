# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""How much evidence of one server is looked at, whatever a server sends.

host_evidence keeps within bounds of its own, but what arrives is what the server chose to send. So the
controller measures each item before any control works on it, and stops measuring at the limit.
"""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

# An honest server's largest item, a ruleset of thousands of rules, stays well below.
MAX_VALUES = 100000
MAX_CHARACTERS = 4000000
MAX_DEPTH = 60
MAX_ITEMS = 400


def within_limits(holder):
    """Evidence or a probe whose items are all of a size to work on; too large a one is an error.

    :arg holder: what host_evidence or public_probe returned, of any shape
    :returns: the same object, or a copy where something was too large
    """
    items = holder.get("items") if isinstance(holder, dict) else None
    if not isinstance(items, dict):
        return holder
    if len(items) > MAX_ITEMS:
        return dict(holder, items={})
    large = [key for key in items if excess(items[key])]
    if not large:
        return holder
    kept = dict(items)
    for key in large:
        kept[key] = {
            "source": "",
            "at": "",
            "value": None,
            "error": "%s: más de lo que se examina; no se juzga" % excess(items[key]),
        }
    return dict(holder, items=kept)


def excess(value):
    """What a value has too much of, or nothing; costs no more than the limit."""
    values = characters = 0
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        values += 1
        if depth > MAX_DEPTH:
            return "%d niveles" % MAX_DEPTH
        if isinstance(one, dict):
            inner = list(one.values())
            characters += sum(len(key) for key in one if hasattr(key, "encode"))
        elif isinstance(one, (list, tuple)):
            inner = one
        else:
            inner = ()
            if hasattr(one, "__len__"):
                characters += len(one)
        if values + len(waiting) + len(inner) > MAX_VALUES:
            return "%d valores" % MAX_VALUES
        if characters > MAX_CHARACTERS:
            return "%d caracteres" % MAX_CHARACTERS
        waiting.extend((each, depth + 1) for each in inner)
    return ""
