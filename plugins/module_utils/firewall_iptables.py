# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads iptables-save(8) text, as CentOS 7's firewalld 0.6 leaves it, for one packet."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import shlex

from ansible_collections.iepc.prep.plugins.module_utils import ip_ranges
from ansible_collections.iepc.prep.plugins.module_utils.firewall_chains import through, walk_chain

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
            table = tables.setdefault(name, {"policies": {}, "rules": {}, "ipsets": ipsets or {}})
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
        for words, text in content["rules"].get(chain, []):
            match, action = _read_rule(words, content, packet)
            yield match, action, text

    return rules_of


def _read_rule(words, content, packet):
    match = True
    action = None
    words = list(words)
    while words:
        word = words.pop(0)
        negated = word == "!"
        if negated:
            if not words:
                return None, "unknown"
            word = words.pop(0)
        if word in ("-j", "--jump", "-g", "--goto"):
            action = _action(word, words.pop(0) if words else "", content)
            continue
        if word in _BARE:
            hit = _BARE[word]
        elif word in _WITH_VALUE:
            if words:
                words.pop(0)
            hit = True
            negated = False
        else:
            hit = _test(word, words, content, packet)
        if hit is not None and negated:
            hit = not hit
        if hit is False:
            return False, None
        if hit is None:
            match = None
    return match, action


def _action(word, target, content):
    if target in _VERDICTS:
        return _VERDICTS[target]
    if target in _HARMLESS:
        return None
    if target in content["rules"]:
        return ("goto" if word in ("-g", "--goto") else "jump", target)
    return "unknown"  # DNAT, REDIRECT, NFQUEUE, TPROXY ...: it may end up elsewhere


def _test(word, words, content, packet):
    """True, False or None for one option; takes its values off ``words``."""
    value = words.pop(0) if words and not words[0].startswith("-") else ""
    if word in ("-p", "--protocol"):
        return value in (packet["proto"], "all", {"tcp": "6", "udp": "17"}.get(packet["proto"]))
    if word in ("-s", "--source"):
        wanted = ip_ranges.parse(value)
        return None if wanted is None else ip_ranges.holds([wanted], packet["source"])
    if word in ("-i", "--in-interface"):
        return (
            packet["interface"].startswith(value[:-1])
            if value.endswith("+")
            else packet["interface"] == value
        )
    if word in ("--dport", "--dports", "--destination-port", "--destination-ports", "--ports"):
        return _port(packet["port"], value)
    if word in ("--ctstate", "--state"):
        return "NEW" in value.split(",")
    if word == "--match-set":
        return _match_set(value, words.pop(0) if words else "", content, packet)
    if word == "--tcp-flags":
        wanted = words.pop(0) if words else ""
        if packet["proto"] != "tcp":
            return False
        mask = value.split(",")
        have = ["SYN"] if "SYN" in mask or "ALL" in mask else []
        return have == ([] if wanted == "NONE" else sorted(wanted.split(",")))
    if word in ("--connlimit-above", "--hashlimit-above"):
        return False  # a lone packet is under every limit
    if word in ("--connlimit-upto", "--hashlimit-upto", "--hashlimit"):
        return True
    if word == "--dst-type":
        return "LOCAL" in value.split(",")
    if word == "--pkt-type":
        return value in ("host", "unicast")
    if word in ("--icmp-type", "--icmpv6-type"):
        return False
    return None


def _port(port, text):
    for part in text.split(","):
        low, _dummy, high = part.partition(":")
        low, high = _number(low or "0"), _number(high or low)
        if low is None or high is None:
            return None
        if low <= port <= high:
            return True
    return False


def _number(text):
    if text in _SERVICE_PORTS:
        return _SERVICE_PORTS[text]
    return int(text) if text.isdigit() else None


def _match_set(name, directions, content, packet):
    if name.startswith("f2b-"):
        return False
    members = content["ipsets"].get(name)
    if members is None or directions != "src":
        return None
    ranges = [ip_ranges.parse(member) for member in members]
    if ip_ranges.holds([one for one in ranges if one], packet["source"]):
        return True
    return None if None in ranges else False


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
