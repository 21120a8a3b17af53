# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The firewall: who manages it, and the rules the kernel really holds."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

from ansible_collections.iepc.prep.plugins.module_utils.evidence import packages, services
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import MissingCommand, SourceError

NFT = ("nft", "-j", "list", "ruleset")
OTHERS = (
    ("ufw", "ufw"), ("nftables", "nftables"), ("netfilter-persistent", "iptables-persistent"),
    ("iptables", "iptables"), ("ip6tables", "ip6tables"), ("shorewall", "shorewall"), ("ferm", "ferm"),
)
LEGACY_TABLES = (
    ("v4", "/proc/net/ip_tables_names", "iptables"),
    ("v6", "/proc/net/ip6_tables_names", "ip6tables"),
)


def commands(reader, options):
    """Commands worth starting ahead."""
    return [NFT]


def parse_firewalld_conf(text):
    """firewalld.conf(5) -> {lower-case key: value}."""
    fields = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            fields[name.strip().lower()] = value.strip()
    return fields


def default_backend(version):
    """The backend a firewalld of that version uses when its configuration names none.

    nftables came with 0.6.0 as the default; CentOS 7's 0.6.3 was built without
    it and has no such key (its default is iptables), so a missing key there means iptables.
    """
    parts = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    return "nftables" if parts >= [0, 7] else "iptables"


def parse_nft(text):
    """`nft -j list ruleset` -> its list of objects. Raises SourceError."""
    try:
        ruleset = json.loads(text)["nftables"]
    except (ValueError, KeyError, TypeError):
        raise SourceError("nft -j: its answer is no nftables JSON")
    if not isinstance(ruleset, list):
        raise SourceError("nft -j: its answer is no list")
    return ruleset


def has_opaque_rules(ruleset):
    """Whether rules were put in by iptables with matches that nft cannot express (it shows `xt`)."""
    return any(
        isinstance(expression, dict) and "xt" in expression
        for entry in ruleset
        for expression in (entry.get("rule") or {}).get("expr", [])
    )


def collect_manager(look, options):
    """firewall.manager: backend and default_zone are null when firewalld is not installed."""
    states = services.states(look)
    unit = states.get("firewalld", {})
    firewalld = {
        "present": unit.get("load") not in ("not-found", None),
        "active": unit.get("active") == "active",
        "default_zone": None,
        "backend": None,
        "version": "",
    }
    if firewalld["present"]:
        firewalld["version"] = packages.upstream(packages.installed(look)[1].get("firewalld", ""))
        fields = parse_firewalld_conf(look.read_if_there("/etc/firewalld/firewalld.conf") or "")
        firewalld["default_zone"] = fields.get("defaultzone", "public")
        firewalld["backend"] = fields.get("firewallbackend") or default_backend(firewalld["version"])
    # A oneshot unit that ran and left no service behind stays 'active' in systemd.
    others = [name for unit_name, name in OTHERS if states.get(unit_name, {}).get("active") == "active"]
    if "ufw" in others and "ENABLED=no" in (look.read_if_there("/etc/ufw/ufw.conf") or ""):
        others.remove("ufw")
    return {"firewalld": firewalld, "others_active": others}


def collect_nft(look, options):
    """firewall.nft: present false and an empty ruleset where there is no nft."""
    try:
        output = look.must(NFT)
    except MissingCommand:
        return {"present": False, "ruleset": []}
    return {"present": True, "ruleset": parse_nft(output)}


def collect_iptables(look, options):
    """firewall.iptables: iptables-save's text, where it tells what nft does not.

    That is: no nft on the server; rules in the old kernel tables (nft cannot see
    them); or nft rules that came from iptables and nft shows as opaque. Otherwise
    null. `variant` says which: iptables, legacy, nf_tables or null.
    """
    value = {"v4": None, "v6": None, "variant": None}
    if look.which("nft") is None:
        value["variant"] = "iptables"
        for key, _table, program in LEGACY_TABLES:
            try:
                value[key] = look.must((program + "-save",))
            except MissingCommand:
                value[key] = None
        return value
    # Reading old tables loads their kernel modules; only done where they are loaded already.
    for key, table, program in LEGACY_TABLES:
        if (look.read_if_there(table) or "").strip():
            name = program + "-legacy-save"
            value[key] = look.must((name if look.which(name) else program + "-save",))
            value["variant"] = "legacy"
    if value["variant"] is None and has_opaque_rules(parse_nft(look.must(NFT))):
        value["variant"] = "nf_tables"
        for key, _table, program in LEGACY_TABLES:
            if look.which(program + "-save"):
                value[key] = look.must((program + "-save",))
    return value
