# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads ``nft -j list ruleset`` (libnftables-json(5)) for one packet."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

from ansible_collections.iepc.prep.plugins.module_utils import ip_ranges
from ansible_collections.iepc.prep.plugins.module_utils.firewall_chains import through, walk_chain

# Hooks a packet for the server itself passes, in their order; then by priority.
_HOOKS = ("ingress", "prerouting", "input")
_FAMILIES = {4: ("inet", "ip", "netdev"), 6: ("inet", "ip6", "netdev")}
_IPTABLES_TABLES = ("filter", "nat", "mangle", "raw", "security")
# Statements after which the rule goes on, and that change nothing we judge.
_HARMLESS = (
    "counter",
    "log",
    "comment",
    "mangle",
    "quota",
    "notrack",
    "ct helper",
    "ct timeout",
    "flow",
    "secmark",
    "masquerade",
    "snat",
    "last",
)
# Parts of a rule that say when, not what.
_NO_VERDICTS = ("match", "limit", "ct count", "set", "meter", "return", "continue")
# The packet may end up elsewhere: on another machine, port or in a program.
_ELSEWHERE = ("dnat", "redirect", "tproxy", "queue", "fwd", "dup", "synproxy")
_PORT_NAMES = {"ssh": 22, "http": 80, "https": 443, "rsync": 873}
_TCP_FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}


def index(objects):
    """Sort the ruleset's objects by table, once for many packets.

    :arg objects: list of {"table": ..}, {"chain": ..}, {"set": ..}, {"rule": ..}
    :returns: {(family, table): {"chains", "rules", "sets"}}, rules as (expressions, description)
    """
    tables = {}
    hides = any(_is_before_1_0(one["metainfo"]) for one in objects if "metainfo" in one)
    for one in objects:
        for kind, body in one.items():
            if kind not in ("chain", "rule", "set", "map") or body["table"].startswith("f2b"):
                continue
            key = (body["family"], body["table"])
            table = tables.setdefault(key, {"chains": {}, "rules": {}, "sets": {}, "hides": hides})
            if kind == "chain":
                table["chains"][body["name"]] = body
            elif kind == "rule":
                expressions = body.get("expr", [])
                text = "%s %s %s: %s" % (key[0], key[1], body["chain"], describe(expressions))
                table["rules"].setdefault(body["chain"], []).append((expressions, text))
            else:
                table["sets"][body["name"]] = body
    for table in tables.values():
        _prune(table["rules"], set(table["chains"]))
    return tables


def _is_before_1_0(about):
    """nft 0.9 leaves the limit out of ``add @seen { ip saddr limit rate over 9/second } drop`` in JSON."""
    return "%s" % (about.get("version"),) < "1"


def _prune(rules, chains):
    """Leave out jumps into chains that decide nothing, most of what firewalld lays out ahead.

    A chain is idle when no rule in it, or in those it leads to, holds a verdict.
    """
    idle = set(chains)
    shrinking = True
    while shrinking:
        busy = [name for name in idle if any(_decides(one, idle) for one, _text in rules.get(name, []))]
        idle.difference_update(busy)
        shrinking = bool(busy)
    for name in rules:
        if name in idle:
            rules[name] = []
        else:
            rules[name] = [pair for pair in rules[name] if not _jumps_into(pair[0], idle)]


def _decides(expressions, idle):
    for expression in expressions:
        for kind, body in expression.items():
            if kind in ("jump", "goto"):
                if body["target"] not in idle:
                    return True
            elif kind not in _HARMLESS and kind not in _NO_VERDICTS:
                return True
    return False


def _jumps_into(expressions, idle):
    return any("jump" in one and one["jump"]["target"] in idle for one in expressions)


def outcomes(tables, packet, skip_tables=()):
    """What becomes of ``packet``.

    :arg tables: see :func:`index`
    :arg skip_tables: iptables' tables that are judged from iptables-save instead
    :returns: {"accept"|"drop"|"reject"|"unknown": description of the rule}
    """
    families = _FAMILIES[packet["family"]]
    skipped = set(_native(packet["family"], name) for name in skip_tables if name in _IPTABLES_TABLES)
    base = []
    for key in sorted(tables):
        if key[0] not in families or key in skipped:
            continue
        for name, chain in sorted(tables[key]["chains"].items()):
            if chain.get("hook") in _HOOKS:
                order = (_HOOKS.index(chain["hook"]), chain.get("prio", 0), key, name)
                base.append((order, key, name, chain))
    passed = []
    for _dummy, key, name, chain in sorted(base, key=lambda item: item[0]):
        if chain["hook"] == "ingress" and packet["interface"] not in _as_list(chain.get("dev")):
            continue
        ends = walk_chain(name, _reader(tables[key], packet))
        passed.append((ends, chain.get("policy", "accept"), "%s %s %s" % (key[0], key[1], name)))
    return through(passed)


def _native(family, name):
    return ("ip" if family == 4 else "ip6", name)


def _as_list(value):
    return value if isinstance(value, list) else [value]


def _reader(table, packet):
    """The function that walk_chain asks for a chain's rules."""

    def rules_of(chain):
        if chain.startswith("f2b-"):
            return
        for expressions, text in table["rules"].get(chain, []):
            for match, action in _read_rule(expressions, table["sets"], packet, table["hides"]):
                yield match, action, text

    return rules_of


def _read_rule(expressions, sets, packet, hides=False):
    """One rule as one or (for a verdict map) several (match, action).

    Where nft hides a set's limit, a rule that drops is read as one that drops
    what is over it: wrong only towards letting more in, so nothing that is open
    looks closed; what is then said to be let in, a probe from outside sees too.
    """
    match = True
    opaque = hidden = False
    for expression in expressions:
        for kind, body in expression.items():
            if kind == "match":
                match = _both(match, _matches(body, sets, packet))
            elif kind in ("limit", "ct count"):
                # A lone packet is under every limit.
                match = _both(match, not (isinstance(body, dict) and body.get("inv")))
            elif kind in ("set", "meter", "map"):
                match = _both(match, _dynamic(body))
                hidden = hidden or (hides and kind == "set" and not body.get("stmt"))
            elif kind == "vmap":
                return [(_both(match, found), action) for found, action in _verdict_map(body, sets, packet)]
            elif kind == "xt":
                match, opaque = _both(match, None), True
            elif kind in ("accept", "drop", "reject", "return"):
                if hidden and kind in ("drop", "reject"):
                    return []
                return [(_both(match, None) if hidden else match, kind)]
            elif kind in ("jump", "goto"):
                return [(_both(match, None) if hidden else match, (kind, body["target"]))]
            elif kind == "continue":
                return [(match, None)]
            elif kind in _ELSEWHERE:
                return [(match, "unknown")]
            elif kind not in _HARMLESS:
                match, opaque = _both(match, None), True
            if match is False:
                return []
    # An extension of iptables that nft can't show may be a verdict (REJECT) or not (LOG).
    return [(match, "unknown" if opaque else None)]


def _both(one, other):
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _dynamic(body):
    """``add @seen { ip saddr limit rate over 10/second }``: over the limit is False for a lone packet."""
    statements = body.get("stmt") if isinstance(body, dict) else None
    statements = _as_list(statements) if statements else []
    for statement in statements:
        if isinstance(statement, dict):
            for kind, inner in statement.items():
                if kind in ("limit", "ct count") and isinstance(inner, dict) and inner.get("inv"):
                    return False
    return True


def _verdict_map(body, sets, packet):
    data = body.get("data")
    if isinstance(data, dict):
        pairs = data.get("set", [])
    else:
        pairs = sets.get(str(data).lstrip("@"), {}).get("elem", [])
    found = []
    for pair in pairs:
        key, verdict = pair[0], pair[1]
        hit = _matches({"left": body.get("key"), "op": "==", "right": key}, sets, packet)
        for kind, inner in verdict.items():
            action = (kind, inner["target"]) if kind in ("jump", "goto") else kind
            found.append((hit, None if action == "continue" else action))
    return found


def _matches(body, sets, packet):
    """True, False or None (can't tell) for one ``match``."""
    operator = body.get("op", "==")
    flags = _tcp_flags(body.get("left"), body.get("right"), operator, packet)
    if flags is not _NO_FLAGS:
        return flags
    value = _value(body.get("left"), packet)
    if value is None:
        return None
    if value is _IMPOSSIBLE:
        return False
    if operator in ("<", ">", "<=", ">="):
        return _ordered(value, operator, body.get("right"))
    hit = _among(value, body.get("right"), sets)
    if hit is None:
        return None
    return not hit if operator == "!=" else hit


_IMPOSSIBLE = object()
_NO_FLAGS = object()


def _value(left, packet):
    """What the packet has there: a value, None if unknown, _IMPOSSIBLE if it has no such field."""
    if not isinstance(left, dict) or len(left) != 1:
        return None
    kind, body = list(left.items())[0]
    if kind == "concat":
        parts = [_value(part, packet) for part in body]
        if _IMPOSSIBLE in parts:
            return _IMPOSSIBLE
        return None if None in parts else tuple(parts)
    if not isinstance(body, dict):
        return None
    if kind == "payload":
        return _payload(body, packet)
    if kind == "meta":
        return {
            "iifname": packet["interface"],
            "iif": packet["interface"],
            "nfproto": "ipv%d" % packet["family"],
            "protocol": "ip" if packet["family"] == 4 else "ip6",
            "l4proto": packet["proto"],
            "pkttype": "host",
        }.get(body.get("key"))
    if kind == "ct":
        # A new connection that nothing has translated.
        return {"state": "new", "status": "", "direction": "original"}.get(body.get("key"))
    if kind == "fib":
        flags = body.get("flags", [])
        if body.get("result") == "oif":
            return True  # the way back exists: reverse path checks let the packet pass
        if body.get("result") == "type" and "daddr" in flags:
            return "local"
    return None


def _payload(body, packet):
    protocol, field = body.get("protocol"), body.get("field")
    own = "ip" if packet["family"] == 4 else "ip6"
    if protocol in ("ip", "ip6"):
        if protocol != own:
            return _IMPOSSIBLE
        if field == "saddr":
            return packet["source"]
        if field in ("protocol", "nexthdr"):
            return packet["proto"]
        return None
    if protocol in ("tcp", "udp", "th"):
        if protocol not in (packet["proto"], "th"):
            return _IMPOSSIBLE
        return packet["port"] if field == "dport" else None
    if protocol in ("icmp", "icmpv6", "igmp", "sctp", "dccp", "esp", "ah", "arp"):
        return _IMPOSSIBLE
    return None


def _tcp_flags(left, right, operator, packet):
    """``tcp flags & (fin|syn|rst|ack) != syn`` for a connection's first packet, which is a lone SYN."""
    if not isinstance(left, dict):
        return _NO_FLAGS
    mask = 255
    if "&" in left and isinstance(left["&"], list) and len(left["&"]) == 2:
        left, mask = left["&"][0], _flag_bits(left["&"][1])
    field = left.get("payload") if isinstance(left, dict) else None
    if not isinstance(field, dict) or field.get("protocol") != "tcp" or field.get("field") != "flags":
        return _NO_FLAGS
    if packet["proto"] != "tcp":
        return False
    wanted = _flag_bits(right)
    if mask is None or wanted is None:
        return None
    have = _TCP_FLAGS["syn"] & mask
    if operator == "in":
        return bool(have & wanted)
    return have != wanted if operator == "!=" else have == wanted


def _flag_bits(value):
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, dict) and len(value) == 1:
        inner = list(value.values())[0]
        if list(value)[0] not in ("|", "set"):
            return None
        value = inner
    bits = 0
    for one in _as_list(value):
        number = _flag_bits(one) if isinstance(one, (dict, int)) else _TCP_FLAGS.get(one)
        if number is None:
            return None
        bits |= number
    return bits


def _ordered(value, operator, right):
    if not isinstance(value, int) or not isinstance(right, int):
        return None
    return {"<": value < right, ">": value > right, "<=": value <= right, ">=": value >= right}[operator]


def _among(value, right, sets):
    """Whether ``value`` is (one of) ``right``; None if that can't be told."""
    if isinstance(right, dict) and "set" in right:
        return _any(value, right["set"], sets)
    if isinstance(right, list):
        return _any(value, right, sets)
    if isinstance(right, str) or type(right).__name__ == "unicode":
        if right.startswith("@"):
            name = right[1:]
            if name.startswith("f2b-"):
                return False
            if name not in sets:
                return None
            return _any(value, sets[name].get("elem", []), sets)
    if isinstance(right, dict) and "elem" in right:  # an element with timeout, counter or comment
        return _among(value, right["elem"].get("val") if isinstance(right["elem"], dict) else None, sets)
    if isinstance(value, tuple):
        parts = right.get("concat") if isinstance(right, dict) else None
        if not isinstance(parts, list) or len(parts) != len(value):
            return None
        hit = True
        for mine, theirs in zip(value, parts):  # noqa: B905 (Python 2.7)
            hit = _both(hit, _among(mine, theirs, sets))
        return hit
    return _same(value, right)


def _any(value, candidates, sets):
    unknown = False
    for candidate in _as_list(candidates):
        if isinstance(candidate, list) and len(candidate) == 2:  # an element of a map
            candidate = candidate[0]
        hit = _among(value, candidate, sets)
        if hit:
            return True
        unknown = unknown or hit is None
    return None if unknown else False


def _same(value, right):
    if right == "*":
        return True
    if isinstance(right, dict):
        if "prefix" in right:
            network = "%s/%s" % (right["prefix"].get("addr"), right["prefix"].get("len"))
            return _in_network(value, network)
        if "range" in right and len(right["range"]) == 2:
            low, high = right["range"]
            if isinstance(value, int):
                low, high = _number(low), _number(high)
                return None if low is None or high is None else low <= value <= high
            return _in_network(value, "%s-%s" % (low, high))
        return None
    if isinstance(value, bool) or isinstance(right, bool):
        return bool(value) == bool(right)
    if isinstance(value, int):
        number = _number(right)
        return None if number is None else value == number
    mine, theirs = ip_ranges.parse(value), ip_ranges.parse(right)
    if mine and theirs:
        return mine[0] == theirs[0] and theirs[1] <= mine[1] <= theirs[2]
    if str(right).endswith("*"):
        return str(value).startswith(str(right)[:-1])
    return str(value) == str(right)


def _number(value):
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value in _PORT_NAMES:
        return _PORT_NAMES[value]
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _in_network(value, network):
    wanted = ip_ranges.parse(network)
    if wanted is None or ip_ranges.parse(value) is None:
        return None
    return ip_ranges.holds([wanted], value)


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
            return "{ %s }" % ", ".join(_right_text(one) for one in _as_list(right["set"]))
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
