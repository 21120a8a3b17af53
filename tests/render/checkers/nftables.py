"""Rules for nft: braces that close, words that this nft and this kernel know, names that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checkers.common import Place, Problem, refusal, table

COMPONENT = "nftables"
TOKEN = re.compile(
    r'"[^"]*"|[@$][A-Za-z_]\w*|[0-9a-fA-F:.]+/\d+|[0-9][0-9.]*[smhdw]?(?:-[0-9]+)?(?=[\s;,}/]|$)'
    r"|(?=[0-9a-fA-F.]*[:.])[0-9a-fA-F:.]+(?=[\s;,}]|$)|[A-Za-z_][\w.-]*|!=|==|<=|>=|&&|[{};,=<>!/&|()*+-]|\\"
)
NAMED_BY = ("table", "chain", "set", "map", "jump", "goto", "define")
FAMILIES = ("inet", "ip", "ip6", "arp", "bridge", "netdev")


def check(text: str, place: Place) -> Iterator[Problem]:
    """What nft or the kernel there would refuse."""
    rows = table("nftables")
    if place.system.name in rows["none_on"]:
        yield (
            0,
            f"kernel {place.system.version('kernel')} of {place.system.name} can't do this; nothing is to be rendered",
        )
    depth, names, used = 0, set[str](), list[tuple[int, str]]()
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#")[0].strip() if not raw.startswith("#!") else ""
        rest, before, named = line, "", ""
        while rest:
            found = TOKEN.match(rest)
            if not found:
                yield number, f"no word of nft: {rest[:30]}"
                break
            token, rest = found.group(0), rest[found.end() :].lstrip()
            if token == "{":
                depth += 1
            elif token == "}":
                depth -= 1
            if token.startswith(("@", "$")):
                used.append((number, token[1:]))
            elif re.match(r"[A-Za-z_]", token) and not re.fullmatch(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", token):
                if named and token not in FAMILIES:
                    names.add(token)
                    named = ""
                elif before in NAMED_BY:
                    named = before
                    if token not in FAMILIES or before not in ("table",):
                        names.add(token)
                        named = ""
                else:
                    said = refusal(token, rows["words"].get(token), COMPONENT, place.system)
                    if said and token not in names:
                        yield number, said
            before = token
    if depth:
        yield 0, f"{abs(depth)} braces too {'few' if depth > 0 else 'many'} close"
    for number, name in used:
        if name not in names:
            yield number, f"{name}: no set of that name in this file"
