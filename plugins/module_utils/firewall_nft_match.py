# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""One ``match`` of libnftables-json(5), read once and asked for many packets.

Reading gives functions: a *test* answers for a packet, a *member* for the value
that a packet has in some field. Both answer True, False or None (can't tell).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils import ip_ranges
from ansible_collections.iepc.prep.plugins.module_utils.firewall_chains import both

_PORT_NAMES = {"ssh": 22, "http": 80, "https": 443, "rsync": 873}
_TCP_FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
_ORDERED = {
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}
# What a field gives for a packet that has no such field.
_IMPOSSIBLE = object()
_OTHER_PROTOCOLS = ("icmp", "icmpv6", "igmp", "sctp", "dccp", "esp", "ah", "arp")


def as_list(value):
    """libnftables writes one element bare and several as a list."""
    return value if isinstance(value, list) else [value]


def test_of(body, sets):
    """The test that a ``match`` is.

    :arg sets: {name: set or map} of the rule's table
    :returns: function: packet -> True, False or None
    """
    operator, right = body.get("op", "=="), body.get("right")
    flags = _tcp_flags(body.get("left"), right, operator)
    if flags is not None:
        return flags
    field = _field(body.get("left"))
    if operator in _ORDERED:
        member = _compared(_ORDERED[operator], right)
    else:
        member = _member(right, sets)
    negated = operator == "!="

    def test(packet):
        value = field(packet)
        if value is _IMPOSSIBLE:
            return False
        hit = None if value is None else member(value)
        return not hit if negated and hit is not None else hit

    return test


# -- fields: function: packet -> value, None if unknown, or _IMPOSSIBLE ---------


def _field(left):
    if not isinstance(left, dict) or len(left) != 1:
        return _always(None)
    kind, body = list(left.items())[0]
    if kind == "concat":
        return _concat([_field(part) for part in body])
    if not isinstance(body, dict):
        return _always(None)
    if kind == "payload":
        return _payload(body.get("protocol"), body.get("field"))
    if kind == "meta":
        return _META.get(body.get("key"), _always(None))
    if kind == "ct":
        # A new connection that nothing has translated.
        return _always({"state": "new", "status": "", "direction": "original"}.get(body.get("key")))
    if kind == "fib":
        if body.get("result") == "oif":
            return _always(True)  # the way back exists: reverse path checks let the packet pass
        if body.get("result") == "type" and "daddr" in body.get("flags", []):
            return _always("local")
    return _always(None)


def _always(value):
    return lambda dummy: value


_META = {
    "iifname": lambda packet: packet["interface"],
    "iif": lambda packet: packet["interface"],
    "nfproto": lambda packet: "ipv%d" % packet["family"],
    "protocol": lambda packet: "ip" if packet["family"] == 4 else "ip6",
    "l4proto": lambda packet: packet["proto"],
    "pkttype": lambda packet: "host",
}


def _concat(fields):
    def field(packet):
        parts = [one(packet) for one in fields]
        if _IMPOSSIBLE in parts:
            return _IMPOSSIBLE
        return None if None in parts else tuple(parts)

    return field


def _payload(protocol, name):
    if protocol in ("ip", "ip6"):
        family = 4 if protocol == "ip" else 6
        key = {"saddr": "source", "protocol": "proto", "nexthdr": "proto"}.get(name)
        return lambda packet: _IMPOSSIBLE if packet["family"] != family else key and packet[key]
    if protocol in ("tcp", "udp", "th"):
        key = "port" if name == "dport" else None
        return lambda packet: _IMPOSSIBLE if protocol not in (packet["proto"], "th") else key and packet[key]
    return _always(_IMPOSSIBLE if protocol in _OTHER_PROTOCOLS else None)


def _tcp_flags(left, right, operator):
    """``tcp flags & (fin|syn|rst|ack) != syn`` for a connection's first packet, which is a lone SYN; None: not that."""
    if not isinstance(left, dict):
        return None
    mask = 255
    if "&" in left and isinstance(left["&"], list) and len(left["&"]) == 2:
        left, mask = left["&"][0], _flag_bits(left["&"][1])
    field = left.get("payload") if isinstance(left, dict) else None
    if not isinstance(field, dict) or field.get("protocol") != "tcp" or field.get("field") != "flags":
        return None
    wanted = _flag_bits(right)
    if mask is None or wanted is None:
        answer = None
    else:
        have = _TCP_FLAGS["syn"] & mask
        answer = bool(have & wanted) if operator == "in" else (have == wanted) != (operator == "!=")
    return lambda packet: answer if packet["proto"] == "tcp" else False


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
    for one in as_list(value):
        number = _flag_bits(one) if isinstance(one, (dict, int)) else _TCP_FLAGS.get(one)
        if number is None:
            return None
        bits |= number
    return bits


# -- members: function: value -> True, False or None ----------------------------


def _compared(compare, right):
    if not isinstance(right, int):
        return _always(None)
    return lambda value: compare(value, right) if isinstance(value, int) else None


def _member(right, sets):
    """Whether a value is (one of) ``right``."""
    if isinstance(right, dict) and "set" in right:
        return _any(right["set"], sets)
    if isinstance(right, list):
        return _any(right, sets)
    if _is_text(right) and right.startswith("@"):
        name = right[1:]
        if name.startswith("f2b-"):
            return _always(False)
        return _any(sets[name].get("elem", []), sets) if name in sets else _always(None)
    if isinstance(right, dict) and "elem" in right:  # an element with timeout, counter or comment
        return _member(right["elem"].get("val") if isinstance(right["elem"], dict) else None, sets)
    single = _single(right)
    parts = right.get("concat") if isinstance(right, dict) else None
    members = [_member(part, sets) for part in parts] if isinstance(parts, list) else None

    def member(value):
        if not isinstance(value, tuple):
            return single(value)
        if members is None or len(members) != len(value):
            return None
        hit = True
        for one, mine in zip(members, value):  # noqa: B905 (Python 2.7)
            hit = both(hit, one(mine))
        return hit

    return member


def _any(candidates, sets):
    # An element of a map is a pair.
    candidates = [one[0] if isinstance(one, list) and len(one) == 2 else one for one in as_list(candidates)]
    members = [_member(one, sets) for one in candidates]
    # Allow-lists and bans may be thousands: an address is looked for in their numbers.
    networks = [_network(one) for one in candidates]
    ranges = [one for one in networks if one]
    others = [member for member, network in zip(members, networks) if not network]  # noqa: B905 (Python 2.7)

    def member(value):
        address = isinstance(value, ip_ranges.Address)
        if address and value.within_any(ranges):
            return True
        unknown = False
        for one in others if address else members:
            hit = one(value)
            if hit:
                return True
            unknown = unknown or hit is None
        return None if unknown else False

    return member


def _network(right):
    """The range of addresses that ``right`` is, else None."""
    if isinstance(right, dict) and "prefix" in right:
        return ip_ranges.parse("%s/%s" % (right["prefix"].get("addr"), right["prefix"].get("len")))
    if isinstance(right, dict) and "range" in right and len(right["range"]) == 2:
        return ip_ranges.parse("%s-%s" % tuple(right["range"]))
    return ip_ranges.parse(right) if _is_text(right) else None


def _single(right):
    if right == "*":
        return _always(True)
    network = _network(right)
    if isinstance(right, dict):
        numbers = right["range"] if "range" in right and len(right["range"]) == 2 else None
        low, high = [_number(one) for one in numbers or (None, None)]

        def within(value):
            if numbers is not None and isinstance(value, int):
                return None if low is None or high is None else low <= value <= high
            return value.within_any([network]) if network and isinstance(value, ip_ranges.Address) else None

        return within
    number = None if isinstance(right, bool) else _number(right)
    text = str(right)

    def same(value):
        if isinstance(value, bool) or isinstance(right, bool):
            return bool(value) == bool(right)
        if isinstance(value, int):
            return None if number is None else value == number
        if network and isinstance(value, ip_ranges.Address):
            return value.within_any([network])
        return str(value).startswith(text[:-1]) if text.endswith("*") else str(value) == text

    return same


def _is_text(value):
    return isinstance(value, str) or type(value).__name__ == "unicode"


def _number(value):
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return _PORT_NAMES[value] if value in _PORT_NAMES else int(value)
    except (TypeError, ValueError):
        return None
