# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads iptables-save(8) text, as CentOS 7's firewalld 0.6 leaves it, for one packet."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import shlex

from ansible_collections.iepc.prep.plugins.module_utils import ip_ranges
from ansible_collections.iepc.prep.plugins.module_utils.firewall_chains import Rule, through, walk_chain

# What a packet for the server itself passes, in the kernel's order.
_ORDER = (
    ("raw", "PREROUTING"),
    ("mangle", "PREROUTING"),
    ("nat", "PREROUTING"),
    ("mangle", "INPUT"),
    ("filter", "INPUT"),
    ("security", "INPUT"),
)
_VERDICTS = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "reject", "RETURN": "return"}
_HARMLESS = (
    "LOG",
    "NFLOG",
    "ULOG",
    "MARK",
    "CONNMARK",
    "CT",
    "NOTRACK",
    "TRACE",
    "TCPMSS",
    "SET",
    "AUDIT",
    "SECMARK",
    "CONNSECMARK",
    "CLASSIFY",
    "DSCP",
    "TOS",
    "CHECKSUM",
)
# Options without a value, and the answer a lone, new packet gives.
_BARE = {
    "--syn": True,
    "--rcheck": False,
    "--update": False,
    "--set": True,
    "--rsource": True,
    "--rdest": True,
    "--rttl": True,
    "--log-tcp-options": True,
    # rpfilter: the way back exists, so its inversion doesn't match
    "--invert": False,
    "--loose": True,
    "--validmark": True,
    "--accept-local": True,
}
# Options with one value that is never a reason to match or not: names, rates, sizes.
_WITH_VALUE = set(
    """-m --match --comment --limit --limit-burst --connlimit-mask --connlimit-saddr --name
    --seconds --hitcount --mask --hashlimit-mode --hashlimit-name --hashlimit-burst --hashlimit-srcmask
    --hashlimit-htable-size --hashlimit-htable-max --hashlimit-htable-expire --hashlimit-htable-gcinterval
    --reject-with --log-prefix --log-level --set-xmark --set-mark --nflog-prefix --nflog-group
    --restore-mark --save-mark --zone --helper""".split()
)
_SERVICE_PORTS = {"ssh": 22, "http": 80, "https": 443, "rsync": 873}


def parse(text, ipsets=None):
    """iptables-save's output by table: policies and rules of each chain, a rule as (words, text)."""
    tables = {}
    table = name = None
    for line in (text or "").splitlines():
        line = line.strip()
        if line.startswith("*"):
            name = line[1:]
            table = tables.setdefault(name, {"policies": {}, "rules": {}, "read": {}, "ipsets": ipsets or {}})
        elif table is None or not line or line.startswith("#"):
            continue
        elif line.startswith(":"):
            parts = line[1:].split()
            table["policies"][parts[0]] = _VERDICTS.get(parts[1]) if len(parts) > 1 else None
            table["rules"].setdefault(parts[0], [])
        elif line.startswith("-A ") or line.startswith("["):
            line = line[line.index("-A ") :] if "-A " in line else ""
            words = _split(line)
            if len(words) > 1:
                text = "%s %s" % (name, line)
                table["rules"].setdefault(words[1], []).append((words[2:], text))
    return tables


def _split(line):
    try:
        return shlex.split(str(line))
    except ValueError:  # an unbalanced quote: the rule stays, and matches nobody knows what
        return line.split() + ["--unbalanced-quote"]


def outcomes(tables, packet):
    """What becomes of ``packet``: {"accept"|"drop"|"reject"|"unknown": description of the rule}."""
    passed = []
    for table, chain in _ORDER:
        if chain not in tables.get(table, {}).get("rules", {}):
            continue
        content = tables[table]
        ends = walk_chain(chain, _reader(content, packet))
        passed.append((ends, content["policies"].get(chain) or "accept", "%s %s" % (table, chain)))
    return through(passed)


def _reader(content, packet):
    def rules_of(chain):
        if chain.startswith("f2b-"):
            return
        for rule in _read(content, chain):
            for match, action in rule.answers(packet):
                yield match, action, rule.text

    return rules_of


def _read(content, chain):
    """A chain's rules, read the first time that a packet comes by."""
    if chain not in content["read"]:
        content["read"][chain] = [_rule(words, text, content) for words, text in content["rules"].get(chain, [])]
    return content["read"][chain]


def _rule(words, text, content):
    rule = Rule(text)
    action = None
    words = list(words)
    while words:
        word = words.pop(0)
        negated = word == "!"
        if negated:
            if not words:
                return Rule(text).settle(None).ending([(None, "unknown")])
            word = words.pop(0)
        if word in ("-j", "--jump", "-g", "--goto"):
            action = _action(word, words.pop(0) if words else "", content)
        elif word in _WITH_VALUE:
            del words[:1]
        elif word in _BARE:
            rule.settle(_BARE[word] != negated)
        else:
            rule.when(_negation(_test(word, words, content), negated))
    return rule.ending([(None, action)] if action else [])


def _negation(test, negated):
    if not negated:
        return test

    def opposite(packet):
        hit = test(packet)
        return None if hit is None else not hit

    return opposite


def _action(word, target, content):
    if target in _VERDICTS:
        return _VERDICTS[target]
    if target in _HARMLESS:
        return None
    if target in content["rules"]:
        return ("goto" if word in ("-g", "--goto") else "jump", target)
    return "unknown"  # DNAT, REDIRECT, NFQUEUE, TPROXY ...: it may end up elsewhere


def _test(word, words, content):
    """One option as a test; takes its values off ``words``."""
    value = words.pop(0) if words and not words[0].startswith("-") else ""
    if word in ("-p", "--protocol"):
        return lambda packet: value in (packet["proto"], "all", {"tcp": "6", "udp": "17"}.get(packet["proto"]))
    if word in ("-s", "--source"):
        wanted = ip_ranges.parse(value)
        return _always(None) if wanted is None else lambda packet: packet["source"].within_any([wanted])
    if word in ("-i", "--in-interface"):
        if value.endswith("+"):
            return lambda packet: packet["interface"].startswith(value[:-1])
        return lambda packet: packet["interface"] == value
    if word in ("--dport", "--dports", "--destination-port", "--destination-ports", "--ports"):
        return _port(value)
    if word in ("--ctstate", "--state"):
        return _always("NEW" in value.split(","))
    if word == "--match-set":
        return _match_set(value, words.pop(0) if words else "", content)
    if word == "--tcp-flags":
        return _tcp_flags(value.split(","), words.pop(0) if words else "")
    if word in ("--connlimit-above", "--hashlimit-above"):
        return _always(False)  # a lone packet is under every limit
    if word in ("--connlimit-upto", "--hashlimit-upto", "--hashlimit"):
        return _always(True)
    if word == "--dst-type":
        return _always("LOCAL" in value.split(","))
    if word == "--pkt-type":
        return _always(value in ("host", "unicast"))
    if word in ("--icmp-type", "--icmpv6-type"):
        return _always(False)
    return _always(None)


def _always(answer):
    return lambda dummy: answer


def _tcp_flags(mask, wanted):
    """A connection's first packet is a lone SYN."""
    have = ["SYN"] if "SYN" in mask or "ALL" in mask else []
    answer = have == ([] if wanted == "NONE" else sorted(wanted.split(",")))
    return lambda packet: answer if packet["proto"] == "tcp" else False


def _port(text):
    ranges = []
    for part in text.split(","):
        low, _dummy, high = part.partition(":")
        ranges.append((_number(low or "0"), _number(high or low)))

    def test(packet):
        for low, high in ranges:
            if low is None or high is None:
                return None
            if low <= packet["port"] <= high:
                return True
        return False

    return test


def _number(text):
    if text in _SERVICE_PORTS:
        return _SERVICE_PORTS[text]
    return int(text) if text.isdigit() else None


def _match_set(name, directions, content):
    if name.startswith("f2b-"):
        return _always(False)
    members = content["ipsets"].get(name)
    if members is None or directions != "src":
        return _always(None)
    ranges = [ip_ranges.parse(member) for member in members]
    known = [one for one in ranges if one]
    otherwise = None if len(known) < len(ranges) else False
    return lambda packet: True if packet["source"].within_any(known) else otherwise


def named_sources(tables):
    """Source addresses and networks that rules speak of, as texts."""
    found = set()
    for content in tables.values():
        for rules in content["rules"].values():
            for words in rules:
                for option, value in zip(words[0], words[0][1:]):  # noqa: B905 (Python 2.7)
                    if option in ("-s", "--source") and ip_ranges.parse(value):
                        found.add(value)
    return found
