"""Kinds that need no more than a table of keys or a parser: sysctl, repositories, environment, data, scripts."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
from collections.abc import Iterator

import yaml

from checkers.common import Place, Problem, counted, fits, refusal, table

ENVIRONMENT = re.compile(r"""[A-Za-z_]\w*=("[^"]*"|'[^']*'|[^\s"']*)""")
APT_TYPES = r"(deb|deb-src)( \[[^\]]+\])? (https?|file|cdrom|mirror\+file|copy):\S+ \S+( \S+)*"
DEB822 = (
    "Types",
    "URIs",
    "Suites",
    "Components",
    "Signed-By",
    "Enabled",
    "Architectures",
    "Trusted",
    "By-Hash",
    "Check-Valid-Until",
)


def sysctl(text: str, place: Place) -> Iterator[Problem]:
    """Keys that the kernel has, with a value that it takes."""
    rows = table("sysctl")["keys"]
    for number, line in counted(text):
        name, equals, value = (word.strip() for word in line.partition("="))
        row = rows.get(name) or next((row for key, row in rows.items() if fnmatch.fnmatchcase(name, key)), None)
        said = refusal(name.lstrip("-"), row, "kernel", place.system) if equals else f"{line}: expected KEY = VALUE"
        if said:
            yield number, said
        elif row and not fits(value, row["like"]):
            yield number, f"{name}: {value} is not {row['like']}"


def yum_repo(text: str, place: Place) -> Iterator[Problem]:
    """Sections of a .repo file: keys by program, signatures on, URLs that are whole."""
    rows = table("yum_repo")
    manager = place.system.data["facts"]["min"]["pkg_mgr"]
    section, given, previous = "", dict[str, str](), ""
    for number, line in counted(text):
        if line.startswith("["):
            section, given, previous = line.strip("[] "), {}, ""
            continue
        if line[0] in " \t":
            if previous not in ("baseurl", "gpgkey", "exclude", "excludepkgs", "includepkgs"):
                yield number, f"continues {previous or 'nothing'}, which takes one value"
            name, value = previous, line.strip()
        else:
            name, equals, value = (word.strip() for word in line.partition("="))
            if not equals or not section:
                yield number, f"{line}: expected KEY=VALUE in a section"
                continue
            if name in given:
                yield number, f"[{section}] {name}: given twice"
        given[name], previous = value, name
        row = {**rows["keys"], **(rows["main"] if section == "main" else {})}.get(name)
        if row is None:
            yield number, f"[{section}] {name}: not known to {manager} (not in the table)"
        elif row.get("only", manager) != manager:
            yield number, f"[{section}] {name}: {manager} does not know it ({row['only']} alone)"
        if name in ("gpgcheck", "sslverify") and value in ("0", "no", "false"):
            yield number, f"[{section}] {name}: is off"
        if name in ("baseurl", "gpgkey", "mirrorlist", "metalink"):
            for url in value.split():
                if not fits(url, r"(https?|ftp|file)://[^\s]+"):
                    yield number, f"[{section}] {name}: {url} is no URL"
            for variable in re.findall(r"\$(\w+)", value):
                if variable not in rows["variables"]:
                    yield number, f"[{section}] {name}: ${variable} stays as it is"


def apt_list(text: str, place: Place) -> Iterator[Problem]:
    """One-line sources and deb822 sources."""
    deb822 = place.path.endswith(".sources")
    for number, line in counted(text):
        if deb822:
            name = line.partition(":")[0]
            if line[0] not in " \t" and name not in DEB822:
                yield number, f"{name}: no field of deb822 sources"
        elif not fits(line.strip(), APT_TYPES):
            yield number, f"{line}: no source of apt"
        if re.search(r"trusted\s*[=:]\s*yes", line, re.IGNORECASE):
            yield number, "takes unsigned packages"


def apt_conf(text: str, place: Place) -> Iterator[Problem]:
    """apt.conf: statements that end in a semicolon, braces that close."""
    depth = 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("//")[0].strip() if "://" not in raw else raw.strip()
        if not line or line.startswith(("//", "#", "/*")):
            continue
        depth += line.count("{") - line.count("}")
        if not line.endswith((";", "{", "}")):
            yield number, f"{line}: not ended"
    if depth:
        yield 0, "a brace is not closed"


def environment(text: str, place: Place) -> Iterator[Problem]:
    """NAME=value lines, as systemd and a shell both read them."""
    for number, line in counted(text):
        if not ENVIRONMENT.fullmatch(line.strip()):
            yield number, f'{line}: expected NAME=value or NAME="value"'


def json_text(text: str, place: Place) -> Iterator[Problem]:
    """Well-formed JSON."""
    try:
        json.loads(text)
    except ValueError as problem:
        yield 0, f"no JSON: {problem}"


def yaml_text(text: str, place: Place) -> Iterator[Problem]:
    """Well-formed YAML."""
    try:
        yaml.safe_load(text)
    except yaml.YAMLError as problem:
        yield 0, f"no YAML: {problem}"


def html(text: str, place: Place) -> Iterator[Problem]:
    """A page in Spanish that says its character set, and whose elements close."""
    for wanted in ("<!DOCTYPE html>", '<html lang="es', '<meta charset="utf-8">', "</html>"):
        if wanted not in text:
            yield 0, f"lacks {wanted}"
    void = ("meta", "link", "br", "img", "input", "hr")
    open_ones: list[str] = []
    for slash, name in re.findall(r"<(/?)([a-z][a-z0-9]*)\b[^>]*>", text):
        if not slash and name not in void:
            open_ones.append(name)
        elif slash and (not open_ones or open_ones.pop() != name):
            yield 0, f"</{name}> closes nothing"
            return
    for name in open_ones:
        yield 0, f"<{name}> is not closed"


def pem(text: str, place: Place) -> Iterator[Problem]:
    """PEM: each block ends as it began."""
    if (
        re.findall(r"-----BEGIN ([A-Z ]+)-----", text) != re.findall(r"-----END ([A-Z ]+)-----", text)
        or "BEGIN" not in text
    ):
        yield 0, "no whole PEM block"


def authorized_keys(text: str, place: Place) -> Iterator[Problem]:
    """Public keys, one to a line."""
    for number, line in counted(text):
        if not re.search(r"(^|\s)(ssh-(ed25519|rsa)|ecdsa-sha2-nistp\d+|sk-\S+) [A-Za-z0-9+/=]+", line):
            yield number, "no public key"


def rsync_secrets(text: str, place: Place) -> Iterator[Problem]:
    """USER:SECRET lines."""
    for number, line in counted(text):
        if not re.fullmatch(r"[^:\s]+:\S+", line):
            yield number, "expected USER:SECRET"


def python(text: str, place: Place) -> Iterator[Problem]:
    """A module that compiles, and finds what it imports beside it: there is no collection on a server."""
    try:
        compile(text, place.path, "exec")
    except SyntaxError as problem:
        yield problem.lineno or 0, f"does not compile: {problem.msg}"
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(("import ansible", "from ansible")):
            yield number, "imports from a collection"


def shell(text: str, place: Place) -> Iterator[Problem]:
    """A script of sh or bash that parses, or of Python that compiles under its grammar."""
    first = text.splitlines()[0] if text else ""
    if not first.startswith("#!"):
        yield 1, "has no #! line"
    elif "python" in first:
        try:
            compile(text, place.path, "exec")
        except SyntaxError as problem:
            yield problem.lineno or 0, f"does not compile: {problem.msg}"
    else:
        done = subprocess.run(
            ["bash" if "bash" in first else "sh", "-n"], input=text, capture_output=True, text=True, check=False
        )
        if done.returncode:
            yield 0, f"does not parse: {done.stderr.strip()}"


def comment_only(text: str, place: Place) -> Iterator[Problem]:
    """A file of a package that is left empty on purpose."""
    for number, line in counted(text):
        yield number, f"{line}: only comments were expected here"


def cron(text: str, place: Place) -> Iterator[Problem]:
    """/etc/cron.d: five fields, a user, a command."""
    for number, line in counted(text):
        if not re.fullmatch(r"[A-Z_]+=.*|(@\w+|(\S+\s+){4}\S+)\s+[a-z_][\w-]*\s+\S.*", line.strip()):
            yield number, f"{line}: neither NAME=VALUE nor five fields, user, command"


def modprobe(text: str, place: Place) -> Iterator[Problem]:
    """modprobe.d: commands that kmod knows."""
    for number, line in counted(text):
        if not fits(line, r"(blacklist [\w-]+|(install|remove) [\w-]+ /\S.*|(options|alias|softdep) [\w:*-]+ \S.*)"):
            yield number, f"{line}: no command of modprobe"


def tmpfiles(text: str, place: Place) -> Iterator[Problem]:
    """tmpfiles.d: types, paths, modes and accounts that every systemd from 219 on takes."""
    accounts = [*table("server")["accounts"][place.system.family], "-"]
    for number, line in counted(text):
        kind, path, mode, owner, group, *_rest = [*line.split(), "-", "-", "-", "-"]
        if not fits(kind, r"[dDfFwLpcbxXrRzZtThHevqQmaA][!+]?") or not path.startswith("/"):
            yield number, f"{line}: expected TYPE /PATH"
        if not fits(mode, r"-|[~:]?[0-7]{3,4}"):
            yield number, f"mode {mode}: not octal"
        for who in (owner, group):
            if who not in accounts:
                yield number, f"{who}: no such account there (not in tables/server.yml)"


def limits(text: str, place: Place) -> Iterator[Problem]:
    """limits.d: whom, soft or hard, what and how much (limits.conf(5))."""
    for number, line in counted(text):
        if not fits(
            line, r"\S+\s+(soft|hard|-)\s+(core|data|fsize|memlock|nofile|nproc|rss|stack|as)\s+(-1|unlimited|\d+)"
        ):
            yield number, f"{line}: no limit"


def apt_preferences(text: str, place: Place) -> Iterator[Problem]:
    """preferences.d: records of Package, Pin and Pin-Priority (apt_preferences(5))."""
    for record in re.split(r"\n\s*\n", "\n".join("" if not line.strip() else line for line in text.splitlines())):
        said = [line for line in record.splitlines() if line.strip() and not line.startswith("#")]
        names = [line.partition(":")[0] for line in said]
        if said and names != ["Package", "Pin", "Pin-Priority"]:
            yield 0, f"expected Package, Pin and Pin-Priority, got {', '.join(names)}"
        for line in said:
            if line.startswith("Pin:") and not fits(
                line, r"Pin: (release ([aclnov]=\S+)(, ?[aclnov]=\S+)*|version \S+|origin \S+)"
            ):
                yield 0, f"{line}: no pin"
            if line.startswith("Pin-Priority:") and not fits(line, r"Pin-Priority: -?[1-9]\d*"):
                yield 0, f"{line}: no number"


def banner(text: str, place: Place) -> Iterator[Problem]:
    """issue, issue.net: words alone; getty reads a backslash, and an @ before a control character, as a request."""
    for number, line in enumerate(text.splitlines(), 1):
        if "\\" in line:
            yield number, f"{line}: getty puts something else in place of a backslash"


def robots(text: str, place: Place) -> Iterator[Problem]:
    """robots.txt (RFC 9309): groups that begin with a User-agent."""
    named = False
    for number, line in counted(text):
        name, colon, value = (word.strip() for word in line.partition(":"))
        named = named or name.lower() == "user-agent"
        if not colon or name.lower() not in ("user-agent", "allow", "disallow", "sitemap"):
            yield number, f"{line}: no line of robots.txt"
        elif name.lower() in ("allow", "disallow") and (not named or (value and value[0] not in "/*")):
            yield number, f"{line}: belongs to no User-agent, or names no path"
