"""What the run of ``driver.py`` left, judged: every file, package, service and command of every host."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import driver
from checkers.common import Place, System, counted, refusal, table
from recorder import transactions

SITE = "site"
TRANSACTION = "iepc.prep.config_transaction"
MANAGERS = ("apt", "dnf", "yum")
SERVICE_MODULES = ("service", "systemd", "systemd_service")
# What a template leaves when a variable was none or a condition went into the text.
ARTEFACT = re.compile(r"\b(True|False|Undefined|AnsibleUndefined)\b|__omit_place_holder__|\{\{|\{%|�")
NONE = re.compile(r"(?<![-\w])None(?![-\w])")
# They take the word.
NONE_IS_MEANT = re.compile(r"^\s*(AllowOverride|Options|FileETag|MaxRange\w*)\b")
TEXT_KINDS = ("simple.html", "simple.python", "simple.json_text", "simple.yaml_text", "simple.shell", "simple.pem")


@dataclass(frozen=True)
class Finding:
    """One thing that a system would refuse, ignore, or not have."""

    system: str
    role: str
    variant: str
    path: str
    line: int
    what: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{self.system} | {self.role} ({self.variant}) | {where} | {self.what}"


@dataclass
class Host:
    """One recorded server under one variant, with what it was told to do."""

    system: System
    variant: str
    calls: list[dict[str, Any]] = field(default_factory=list)
    _known: tuple[dict[str, str], frozenset[str], frozenset[str]] | None = None

    @property
    def bare(self) -> bool:
        """Whether this is a run in check mode."""
        return any(call["check_mode"] for call in self.calls)

    def entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Role and entry of every transaction, in order."""
        for call in self.calls:
            if call["module"] == TRANSACTION:
                for one in transactions(call["params"]):
                    for entry in one["files"]:
                        yield call["role"], entry
            elif call["module"] == "blockinfile" and call["params"]["state"] == "present":
                yield call["role"], block_entry(call)

    def place(self, path: str) -> Place:
        """Where a file of this host stands: the others as they are at the end of the run."""
        return Place(self.system, path, *self._tree())

    def _tree(self) -> tuple[dict[str, str], frozenset[str], frozenset[str]]:
        if self._known is None:
            texts: dict[str, str] = {}
            links, removed = set[str](), set[str]()
            for _role, entry in self.entries():
                path, state = entry["path"], entry["state"]
                for kept in (links, removed):
                    kept.discard(path)
                texts.pop(path, None)
                if state == "file":
                    texts[path] = text_of(entry)
                elif state == "link":
                    links.add(path)
                elif state == "absent":
                    removed.add(path)
            self._known = (texts, frozenset(links), frozenset(removed))
        return self._known


@dataclass
class Matrix:
    """All hosts, and what Ansible said of each task."""

    hosts: list[Host]
    log: list[dict[str, Any]]

    def rendered(self) -> dict[tuple[str, str], set[str]]:
        """(system, role) -> paths written with content."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for host in self.hosts:
            for role, entry in host.entries():
                if entry["state"] == "file":
                    found[host.system.name, role].add(entry["path"])
        return found


def text_of(entry: dict[str, Any]) -> str:
    """The text of a file entry, secret or not."""
    return str(entry["secret_content"] if entry["secret_content"] is not None else entry["content"])


def block_entry(call: dict[str, Any]) -> dict[str, Any]:
    """Lines put into another's file, as an entry of a transaction: below the section that they go to."""
    params = call["params"]
    section = re.sub(r"[\\^$]", "", params.get("insertafter") or "")
    text = f"{section}\n{params['block'].rstrip()}\n"
    secret = "block" in call["no_log"]
    return {
        "path": params["path"],
        "state": "file",
        "content": None if secret else text,
        "secret_content": text if secret else None,
        **{name: params.get(name) for name in ("owner", "group", "mode")},
    }


def run(directory: Path, only: Sequence[str] = (), collections: Path | None = None) -> Matrix:
    """Drive the whole thing, or some variants, in a process of its own and read what it left."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    if collections:
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    done = subprocess.run(
        [sys.executable, str(driver.HERE / "driver.py"), str(directory), *only],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    log = directory / "log.jsonl"
    if not log.exists() or not done.stdout.strip().endswith("}"):
        raise AssertionError(f"the run ended early: {done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    known = {name: System(name, data) for name, data in driver.systems().items()}
    hosts = []
    for path in sorted((directory / "records").glob("*.jsonl")):
        system, variant = driver.system_and_variant(path.stem)
        calls = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        hosts.append(Host(known[system], variant or SITE, calls))
    return Matrix(hosts, [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()])


@cache
def kind_of(path: str) -> dict[str, Any] | None:
    """The row of ``tables/kinds.yml`` that a path belongs to."""
    for row in table("kinds")["kinds"]:
        if re.fullmatch(row["path"], path):
            return dict(row)
    return None


def file_problems(text: str, place: Place) -> Iterator[tuple[int, str]]:
    """What is wrong with one text: artefacts of templating first, then its kind's checker."""
    kind = kind_of(place.path)
    if kind is None:
        yield 0, "no checker for this file: say in tables/kinds.yml which kind it is"
        return
    if not text.endswith("\n"):
        yield 0, "does not end with a newline"
    data = kind["check"] in TEXT_KINDS
    if "\n\n\n\n" in text and not data:
        yield text[: text.index("\n\n\n\n")].count("\n") + 2, "three blank lines in a row"
    for number, line in enumerate(text.splitlines(), 1):
        found = ARTEFACT.search(line) or (None if NONE_IS_MEANT.match(line) else NONE.search(line))
        if found and not data:
            yield number, f"left over by a template: {found.group(0)}: {line.strip()}"
        if line != line.rstrip() and not data:
            yield number, "ends with a blank"
    for number, line in counted(text) if not data else ():
        if not line.isascii():
            yield number, f"not ASCII outside a comment: {line.strip()}"
    for word in table("kinds")["foreign"][place.system.family]:
        if word in text or word in place.path:
            yield 0, f"{word} belongs to another family of systems"
    yield from checker(kind["check"])(text, place)


def checker(name: str) -> Callable[[str, Place], Iterator[tuple[int, str]]]:
    """The function of ``checkers/`` that a row of kinds.yml names."""
    module, _, function = name.partition(".")
    found: Callable[[str, Place], Iterator[tuple[int, str]]]
    found = getattr(importlib.import_module("checkers." + module), function)
    return found


def entry_problems(entry: dict[str, Any], host: Host) -> Iterator[tuple[int, str]]:
    """Owner, mode, link, secrecy of one entry; and its text."""
    rows = table("server")
    family = host.system.family
    for who in ("owner", "group"):
        if entry[who] is not None and entry[who] not in rows["accounts"][family]:
            yield 0, f"{who} {entry[who]}: no such account there (not in tables/server.yml)"
    mode = entry["mode"]
    if mode is not None and (not re.fullmatch(r"[0-7]{3,4}", mode) or int(mode, 8) & 0o002):
        yield 0, f"mode {mode}: not octal, or writable by everybody"
    path = entry["path"]
    if entry["state"] == "link":
        module = re.fullmatch(r"\.\./mods-available/(\w+)\.(?:load|conf)", entry["target"])
        if module and module.group(1) not in table("httpd_modules")["debian_available"]:
            yield 0, f"links to {entry['target']}, which no package of Debian brings"
        if re.match(r"\.\./(conf|sites)-available/", entry["target"]):
            target = "/etc/apache2/" + entry["target"][3:]
            if target not in host.place(path).beside:
                yield 0, f"links to {target}, which is not written"
    if entry["state"] != "file":
        for word in table("kinds")["foreign"][family]:
            if word in path:
                yield 0, f"{word} belongs to another family of systems"
        return
    kind = kind_of(path) or {}
    if kind.get("secret") and (entry["secret_content"] is None or mode is None or int(mode, 8) & 0o077):
        yield 0, "holds a secret: expected secret_content and a mode for its owner alone"
    if entry["content"] is not None and driver.shows_secret(entry["content"]):
        yield 0, "shows a secret of the vault; expected secret_content"
    yield from file_problems(text_of(entry), host.place(path))


def command_problems(argv: list[str], system: System) -> Iterator[str]:
    """Programs, units and options of a command by family and version."""
    rows = table("server")
    told = " ".join(str(word) for word in argv)
    for word in table("kinds")["foreign"][system.family]:
        if word in told:
            yield f"`{told}`: {word} belongs to another family of systems"
    for row in rows["commands"]:
        if re.search(row["like"], told):
            said = refusal(f"`{told}`", row, row["component"], system)
            if said:
                yield said
    if argv and argv[0] == "systemctl":
        for unit in [str(word) for word in argv[2:] if not str(word).startswith("-")]:
            if re.sub(r"\.service$", "", unit) not in rows["services"][system.family]:
                yield f"`{told}`: no unit {unit} there (not in tables/server.yml)"


def unit_problems(name: str, system: System) -> Iterator[str]:
    """A unit that the family of systems has not."""
    if re.sub(r"\.service$", "", name) not in table("server")["services"][system.family]:
        yield f"service {name}: no such unit there (not in tables/server.yml)"


def call_problems(call: dict[str, Any], system: System) -> Iterator[str]:
    """What a call other than a file asks of a system that it can't have."""
    params, module = call["params"], call["module"]
    if module == TRANSACTION:
        for one in transactions(params):
            for argv in one["validate"] + one["apply"]:
                yield from command_problems(argv, system)
            for name in one.get("units") or []:
                yield from unit_problems(name, system)
        return
    if driver.shows_secret(json.dumps({name: value for name, value in params.items() if name not in call["no_log"]})):
        yield f"{module}: shows a secret of the vault"
    if module == "command" and params.get("argv"):
        yield from command_problems(params["argv"], system)
    if module in MANAGERS:
        rows = table("packages")
        if module != system.data["facts"]["min"]["pkg_mgr"]:
            yield f"{module} is not the package manager there"
        for name in params.get("name") or []:
            if any(re.fullmatch(url, name) for url in rows["urls"]):
                continue
            if system.name not in rows["packages"].get(name, {}):
                yield f"package {name}: not to be had there (not in tables/packages.yml)"
    if module in SERVICE_MODULES and params.get("name"):
        yield from unit_problems(params["name"], system)


def findings(matrix: Matrix) -> list[Finding]:
    """Everything that is wrong, in the order of hosts."""
    found: list[Finding] = []
    for host in matrix.hosts:
        at = (host.system.name,)
        # A bare server in check mode: versions are guessed for the diff, and nothing is written.
        for role, entry in host.entries() if not host.bare else ():
            for line, what in entry_problems(entry, host):
                found.append(Finding(*at, role, host.variant, entry["path"], line, what))
        for call in host.calls:
            for what in call_problems(call, host.system):
                found.append(Finding(*at, call["role"], host.variant, call["task"], 0, what))
    for line in matrix.log:
        if line["state"] in ("failed", "unreachable", "no hosts"):
            system, variant = driver.system_and_variant(line["host"])
            role = line["role"].rpartition(".")[2]
            found.append(
                Finding(system, role, variant or SITE, line["task"], 0, f"task {line['state']}: {line['msg']}")
            )
    return list(dict.fromkeys(found))


def accepts(row: dict[str, Any], finding: Finding) -> bool:
    """Whether a row of ``accepted.yml`` is about that finding."""
    same = all(getattr(finding, key) in row[key] for key in ("system", "role", "variant") if key in row)
    return (
        same
        and re.search(row.get("path", ""), finding.path) is not None
        and re.search(row["what"], finding.what) is not None
    )


def silent_roles(matrix: Matrix) -> list[str]:
    """Roles that wrote no file on a system, without a reason in ``variants.yml``; roles that did not run at all."""
    rendered, reasons = matrix.rendered(), driver.load(driver.HERE / "variants.yml")["without_files"]
    ran = {
        (driver.system_and_variant(line["host"])[0], line["role"].rpartition(".")[2])
        for line in matrix.log
        if line["state"] == "ok"
    }
    said = []
    for role in sorted(path.name for path in (driver.TOP / "roles").iterdir() if path.is_dir()):
        for system in driver.systems():
            reason = reasons.get(role)
            excused = isinstance(reason, str) or (isinstance(reason, dict) and system in reason["systems"])
            if (system, role) not in ran:
                said.append(f"{role} did not run on {system}")
            elif not rendered.get((system, role)) and not excused:
                said.append(
                    f"{role} wrote no file on {system}; if that is meant, say why in variants.yml (without_files)"
                )
            elif rendered.get((system, role)) and excused:
                said.append(f"{role} wrote files on {system}; take its excuse out of variants.yml")
    return said


def coverage(matrix: Matrix) -> list[str]:
    """A table of files by role and system, and the counts."""
    rendered = matrix.rendered()
    systems = list(driver.systems())
    roles = sorted({role for _system, role in rendered})
    lines = [f"{'files rendered':<22}" + "".join(f"{system:>10}" for system in systems)]
    for role in roles:
        lines.append(
            f"{role:<22}" + "".join(f"{len(rendered.get((system, role), ())) or '-':>10}" for system in systems)
        )
    files, statements, kinds = 0, 0, Counter[str]()
    for host in matrix.hosts:
        for _role, entry in host.entries():
            if entry["state"] == "file":
                files += 1
                said = sum(1 for _ in counted(text_of(entry)))
                statements += said
                kinds[(kind_of(entry["path"]) or {"check": "none"})["check"]] += said
    lines.append(
        f"{len(matrix.hosts)} hosts, {len({host.variant for host in matrix.hosts})} variants, "
        f"{sum(len(host.calls) for host in matrix.hosts)} module calls, {files} files, {statements} lines checked"
    )
    lines.append(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    return lines
