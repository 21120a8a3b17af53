"""Apache's configuration: nesting, context, the module behind each directive, arguments by version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from checkers.common import Place, Problem, System, fits, older, refusal, table

COMPONENT = "httpd"
# Sections that only decide whether their content is read.
CONDITIONS = ("ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective", "ifsection")
HEADER_CONDITIONS = ("always", "onsuccess")
# `%{...}t`, `%>s`, `%^ti` ...
LOG_ITEM = re.compile(r"%(?:%|[!,0-9]*[<>]?(\{[^}]*\})?(\^t[io]|[A-Za-z]))")


def words(line: str) -> list[str] | None:
    """Arguments as httpd splits them; None when a quote is left open."""
    found, rest = [], line.strip()
    while rest:
        if rest[0] in "\"'":
            closed = re.match(r"""(["'])((?:\\.|(?!\1).)*)\1""", rest)
            if not closed:
                return None
            found.append(closed.group(2))
            rest = rest[closed.end() :].lstrip()
        else:
            word = re.match(r"\S+", rest)
            assert word
            found.append(word.group(0))
            rest = rest[word.end() :].lstrip()
    return found


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations, without blanks and comments."""
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start or number
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        whole = (pending + line).strip()
        if whole and not whole.startswith("#"):
            yield start, whole
        pending, start = "", 0


def loaded_modules(place: Place) -> set[str]:
    """The modules of this run: the packages' own files, replaced and extended by what was rendered."""
    modules = table("httpd_modules")
    own = modules["systems"][place.system.name]
    found = set(own["static"])
    for path, names in {**modules["packages"][place.system.family], **own.get("files", {})}.items():
        if path not in place.beside and path not in place.removed:
            found |= set(names)
    for text in place.beside.values():
        found |= {name[1] for name in re.finditer(r"^\s*LoadModule\s+(\w+)_module\s", text, re.MULTILINE)}
    for path in place.links:
        name = re.fullmatch(r"/etc/apache2/mods-enabled/(\w+)\.load", path)
        if name:
            found.add(name.group(1))
    # What Debian enables by itself, unless its link was taken away.
    for name in own.get("enabled", []):
        if f"/etc/apache2/mods-enabled/{name}.load" not in place.removed:
            found.add(name)
    if any(name.startswith("mpm_") for name in found):
        # Directives that all MPMs share.
        found.add("mpm_common")
    return found


def available(name: str, system: System) -> bool:
    """Whether some package of the system brings that module."""
    row = table("httpd_modules")["modules"].get(name)
    if row is None or system.family in row.get("not", ()) or system.name in row.get("not", ()):
        return False
    return not refusal(name, row, COMPONENT, system)


@cache
def known() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Directive in lower case -> the modules that bring it, each with its row."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for module, rows in {**table("httpd_directives")["directives"], "security2": modsecurity_rows()}.items():
        for name, row in rows.items():
            found.setdefault(name.lower(), []).append((module, row))
    return found


def modsecurity_rows() -> dict[str, dict[str, Any]]:
    """ModSecurity's directives; their versions are judged by its own checker."""
    return {name: {"in": "svd"} for name in table("modsecurity")["directives"]}


def check(text: str, place: Place) -> Iterator[Problem]:
    """All that httpd of that system would refuse or silently leave out."""
    loaded = loaded_modules(place)
    stack: list[tuple[str, str]] = []
    # Depth of the section that is not read here, with all in it; 0 outside of one.
    skipping = 0
    for number, line in logical_lines(text):
        closing = re.fullmatch(r"</(\w+)>", line)
        if closing:
            if not stack or stack[-1][0] != closing.group(1).lower():
                yield number, f"{line} closes nothing that is open"
                return
            stack.pop()
            if skipping > len(stack):
                skipping = 0
            continue
        opening = re.fullmatch(r"<(\w+)\s*(.*?)>", line)
        if opening:
            name = opening.group(1).lower()
            if not skipping:
                yield from _directive(number, "<" + name, opening.group(2), stack, loaded, place)
                said = _never(name, opening.group(2).strip(), loaded, place.system)
                if said is not None:
                    if said:
                        yield number, said
                    skipping = len(stack) + 1
            stack.append((name, opening.group(2)))
            continue
        if not skipping:
            name, _, arguments = line.partition(" ")
            yield from _directive(number, name, arguments, stack, loaded, place)
    if stack:
        yield 0, f"<{stack[-1][0]}> is never closed"


def _never(name: str, condition: str, loaded: set[str], system: System) -> str | None:
    """For a section that is not read here: why that is a problem ('' when it is meant so); else None."""
    wanted = not condition.startswith("!")
    if name == "ifmodule":
        module = re.sub(r"^mod_(\w+)\.c$|^(\w+)_module$", lambda m: m.group(1) or m.group(2), condition.lstrip("!"))
        if (module in loaded) != wanted:
            return f"<IfModule {condition}> never applies: {module} is not loaded" if wanted else ""
    if name == "ifversion":
        parsed = re.fullmatch(r"(!?)(>=|<=|>|<|=)?\s*([\d.]+)", condition)
        if parsed:
            version, other = system.version(COMPONENT), parsed.group(3)
            before, after = older(version, other), older(other, version)
            holds = {">=": not before, "<=": not after, ">": after, "<": before}.get(
                parsed.group(2) or "=", not before and not after
            )
            if holds != (not parsed.group(1)):
                return ""
    return None


def _context(stack: list[tuple[str, str]]) -> str:
    sections = [name for name, _ in stack if name not in CONDITIONS]
    if not sections:
        return "s"
    return "v" if sections[-1] == "virtualhost" else "d"


def _directive(
    number: int, name: str, arguments: str, stack: list[tuple[str, str]], loaded: set[str], place: Place
) -> Iterator[Problem]:
    candidates = known().get(name.lower())
    shown = name + ">" if name.startswith("<") else name
    if not candidates:
        yield number, f"{shown}: no httpd module of the table knows this directive"
        return
    usable = [(module, row) for module, row in candidates if module in loaded]
    if not usable:
        yield number, f"{shown}: needs module {candidates[0][0]}, which is not loaded here"
        return
    _module, row = usable[0]
    refused = refusal(shown, row, COMPONENT, place.system)
    if refused:
        yield number, refused
    context = _context(stack)
    if context not in row["in"]:
        yield number, f"{shown}: not allowed in this context ({context}; allowed: {row['in']})"
    given = words(arguments)
    if given is None:
        yield number, f"{shown}: a quote is left open"
        return
    yield from _arguments(number, name, given, loaded, place.system)


def _arguments(number: int, name: str, given: list[str], loaded: set[str], system: System) -> Iterator[Problem]:
    special = {
        "header": _header,
        "requestheader": _header,
        "logformat": _log_format,
        "customlog": _log_format,
        "loadmodule": _load_module,
        "require": _require,
        "sslciphersuite": _cipher_suite,
    }.get(name.lower())
    if special:
        for said in special(given, loaded, system):
            yield number, f"{name}: {said}"
    rows = table("httpd_arguments")["arguments"]
    patterns = next((value for key, value in rows.items() if key.lower() == name.lower()), None)
    for word in given if patterns else []:
        row = next((one for one in patterns if fits(word, "(?i:" + one["like"] + ")")), None)
        said = f"{word} is not one of its arguments" if row is None else refusal(word, row, COMPONENT, system)
        if said:
            yield number, f"{name}: {said}"


def _header(given: list[str], _loaded: set[str], system: System) -> Iterator[str]:
    rest = given[1:] if given and given[0].lower() in HEADER_CONDITIONS else given
    if len(rest) < 2:
        yield "expected an action and a header's name"
        return
    actions = table("httpd_arguments")["header_actions"]
    said = refusal(rest[0], actions.get(rest[0].lower()), COMPONENT, system)
    if said:
        yield said
    least = {"unset": 2, "echo": 2, "edit": 4, "edit*": 4}.get(rest[0].lower(), 3)
    if len(rest) < least:
        yield f"{rest[0]} expects {least - 1} more words"
    for word in rest[2:]:
        if word.startswith("expr=") and older(system.version(COMPONENT), "2.4.10"):
            yield f"expr=: httpd {system.version(COMPONENT)} does not know it (since 2.4.10)"


def _log_format(given: list[str], loaded: set[str], system: System) -> Iterator[str]:
    letters = table("httpd_arguments")["log_items"]
    text = given[0] if given and "%" in given[0] else ""
    for item in re.finditer(r"%", LOG_ITEM.sub("", text)):
        yield f"a % that begins no item at {item.start()}"
    for braces, letter in (match.groups() for match in LOG_ITEM.finditer(text) if match.group(2)):
        row = letters.get(letter)
        said = refusal("%" + letter, row, COMPONENT, system)
        if said:
            yield said
        elif row and row.get("module") and row["module"] not in loaded:
            yield f"%{letter} needs module {row['module']}, which is not loaded here"
        for inside in (row or {}).get("inside", []):
            if braces and fits(braces[1:-1], inside["like"]):
                said = refusal(f"%{braces}{letter}", inside, COMPONENT, system)
                if said:
                    yield said


def _load_module(given: list[str], loaded: set[str], system: System) -> Iterator[str]:
    if len(given) != 2 or not given[0].endswith("_module"):
        yield "expected NAME_module and a file"
        return
    name = given[0][: -len("_module")]
    if not available(name, system):
        yield f"{name}: no package of {system.name} brings this module for httpd {system.version(COMPONENT)}"
        return
    files = {f"modules/mod_{name}.so", table("httpd_modules")["modules"][name].get("file", "")}
    if given[1] not in files:
        yield f"{given[1]}: expected modules/mod_{name}.so"
    for other in table("httpd_modules")["modules"][name].get("after", []):
        if other not in loaded:
            yield f"{name} needs {other}, which is not loaded here"


def _require(given: list[str], loaded: set[str], system: System) -> Iterator[str]:
    provider = next((word for word in given if word.lower() != "not"), "").lower()
    module = table("httpd_arguments")["require_providers"].get(provider)
    if module is None:
        yield f"{provider}: no provider of that name"
    elif module not in loaded:
        yield f"{provider} needs module {module}, which is not loaded here"


def _cipher_suite(given: list[str], _loaded: set[str], system: System) -> Iterator[str]:
    if len(given) > 1:
        said = refusal(
            "a protocol before the suites", {"since": "2.4.36", "needs": {"openssl": "1.1.1"}}, COMPONENT, system
        )
        if said:
            yield said
