"""firewalld.conf and its XML files."""

from __future__ import annotations

import ipaddress
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

from checkers.common import Place, Problem, counted, fits, refusal, table

COMPONENT = "firewalld"


def check_conf(text: str, place: Place) -> Iterator[Problem]:
    """Keys and values by version; one that is unknown is only logged."""
    rows = table("firewalld")["keys"]
    seen: set[str] = set()
    for number, line in counted(text):
        name, equals, value = (word.strip() for word in line.partition("="))
        row = rows.get(name)
        said = refusal(name, row, COMPONENT, place.system) if equals else f"{line}: expected NAME=VALUE"
        if said:
            yield number, said
        elif not fits(value, row["like"]):
            yield number, f"{name}: {value} is not {row['like']}"
        if name in seen:
            yield number, f"{name}: given twice"
        seen.add(name)


def check_zone(text: str, place: Place) -> Iterator[Problem]:
    """A zone: elements, attributes, and that each set of addresses it names is written too."""
    yield from _tree(text, place, "zone")
    for name in re.findall(r'ipset="([^"]+)"', text):
        wanted = f"/etc/firewalld/ipsets/{name}.xml"
        if wanted not in place.beside:
            yield 0, f"names the ipset {name}, but {wanted} is not written"


def check_ipset(text: str, place: Place) -> Iterator[Problem]:
    """A set of addresses: its type, its options, and entries of its own family."""
    yield from _tree(text, place, "ipset")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return
    rows = table("firewalld")
    if root.get("type") not in rows["ipset_types"]:
        yield 0, f"type {root.get('type')}: no such type"
    options = {option.get("name"): option.get("value") for option in root.findall("option")}
    for name in options:
        if name not in rows["ipset_options"]:
            yield 0, f"option {name}: not known to firewalld"
    version = 6 if options.get("family") == "inet6" else 4
    for entry in root.findall("entry"):
        try:
            found = ipaddress.ip_network(str(entry.text), strict=False).version
        except ValueError:
            found = 0
        if found != version:
            yield 0, f"entry {entry.text}: no address of family {options.get('family', 'inet')}"


def check_direct(text: str, place: Place) -> Iterator[Problem]:
    """Direct rules: tables and chains that exist or are made here, and matches of this iptables."""
    yield from _tree(text, place, "direct")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return
    rows = table("firewalld")
    made = {(chain.get("ipv"), chain.get("table"), chain.get("chain")) for chain in root.findall("chain")}
    for rule in root.findall("rule"):
        words = (rule.text or "").split()
        ipv, where = rule.get("ipv"), rule.get("table")
        for chain in [rule.get("chain"), *[words[at + 1] for at, word in enumerate(words[:-1]) if word == "-j"]]:
            if chain not in rows["direct_targets"] and (ipv, where, chain) not in made:
                yield 0, f"{chain}: no chain or target of that name for {ipv}"
        for word in words:
            if word.startswith("-") and word not in rows["direct_options"]:
                yield 0, f"{word}: no option of iptables (not in the table)"
        for at, word in enumerate(words[:-1]):
            if word == "--hashlimit-name" and len(words[at + 1]) > 15:
                yield 0, f"{words[at + 1]}: longer than the 15 letters of a name of hashlimit"
            if word == "-s" and (ipaddress.ip_network(words[at + 1], strict=False).version == 6) != (ipv == "ipv6"):
                yield 0, f"{words[at + 1]}: no address of {ipv}"


def _tree(text: str, place: Place, root: str) -> Iterator[Problem]:
    try:
        tree = ElementTree.fromstring(text)
    except ElementTree.ParseError as problem:
        yield problem.position[0], f"not well-formed: {problem}"
        return
    yield from _element(tree, "", place, table("firewalld")[root])


def _element(node: ElementTree.Element, parent: str, place: Place, rows: dict[str, Any]) -> Iterator[Problem]:
    row = rows.get(node.tag)
    said = refusal(f"<{node.tag}>", row, COMPONENT, place.system)
    if said or row is None:
        yield 0, said
        return
    if parent not in row["in"]:
        yield 0, f"<{node.tag}>: may not stand in <{parent or 'nothing'}>"
    for name in node.attrib:
        said = refusal(f'{name}="" of <{node.tag}>', row["attributes"].get(name), COMPONENT, place.system)
        if said:
            yield 0, said
    for name, attribute in row["attributes"].items():
        if attribute.get("required") and name not in node.attrib:
            yield 0, f"<{node.tag}>: lacks {name}"
    for child in node:
        yield from _element(child, node.tag, place, rows)
