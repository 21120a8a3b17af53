"""Checks of a workspace: what it says of keys, secrets and host keys, and whether its servers are there."""

# Ansible's collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import configparser
import os
import re
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from ansible_collections.iepc.prep.plugins.module_utils import preflight
from ansible_collections.iepc.prep.plugins.plugin_utils.call_times import zone_problem

from prepctl import inventory, vault
from prepctl.doctor.finding import FAIL, OK, UNREACHABLE, WARN, Finding
from prepctl.doctor.machine import MIN_FREE_MB
from prepctl.enrol.changes import RECORD, STAGE
from prepctl.enrol.host_key import KnownHosts, place
from prepctl.errors import PrepctlError
from prepctl.inventory_file import InventoryFile
from prepctl.language import say
from prepctl.runner import printable
from prepctl.workspace import Workspace

TIMEOUT_S = 5.0
PARALLEL = 64
BANNER_BYTES = 255
# What turns the check of host keys off, wherever it is written.
UNCHECKED = re.compile(
    r"StrictHostKeyChecking[= ]\s*[\"']?(no|off|accept-new)|UserKnownHostsFile[= ]\s*[\"']?/dev/null", re.I
)


class Workshop:
    """The checks of one workspace.

    :param vault_file: what the command line says of the vault's password.
    """

    def __init__(self, workspace: Workspace, vault_file: Path | None) -> None:
        self._workspace = workspace
        self._directory = workspace.directory
        self._vault_file = vault_file

    def room(self) -> Iterator[Finding]:
        """Whether reports and logs can be written."""
        if not os.access(self._directory, os.W_OK):
            yield Finding(
                "room",
                FAIL,
                say("{path} cannot be written to", path=self._directory),
                say("runs need it for their logs and reports"),
            )
            return
        free = shutil.disk_usage(self._directory).free // 2**20
        yield Finding(
            "room",
            OK if free >= MIN_FREE_MB else WARN,
            say("{path} has {free} MB left", path=self._directory, free=free),
            "" if free >= MIN_FREE_MB else say("make room there"),
        )
        if (self._directory / STAGE / RECORD).exists():
            yield Finding(
                "room",
                WARN,
                say("a command that changed the workspace was cut off"),
                say("the next prepctl add finishes it"),
            )

    def inventory(self) -> Iterator[Finding]:
        """Whether the inventory can be read."""
        file = InventoryFile(self._workspace.inventory)
        count = len(file.groups.get("diffusers", []))
        yield Finding(
            "inventory",
            OK if count else WARN,
            say("{count} diffusers in {path}", count=count, path=self._workspace.inventory.name),
            "" if count else "prepctl add",
        )

    def lane(self) -> Iterator[Finding]:
        """Whether this ansible-core reaches the Pythons that the inventory names."""
        line = preflight.version_tuple(version("ansible-core"))[:2]
        for name, variables in InventoryFile(self._workspace.inventory).hosts.items():
            found = re.search(r"python(\d)(?:\.(\d+))?$", variables.get("ansible_python_interpreter", ""))
            if not found or not found.group(2):
                continue
            python = (int(found.group(1)), int(found.group(2)))
            if not preflight.reaches(line, python):
                can = [lane for lane in sorted(preflight.LANES) if preflight.reaches(preflight.LANES[lane], python)]
                yield Finding(
                    "lane",
                    FAIL,
                    say(
                        "{name}: ansible-core {core} does not reach its Python {python}",
                        name=name,
                        core=version("ansible-core"),
                        python=".".join(map(str, python)),
                    ),
                    say("install lane {lane}: pip install -c constraints/{lane}.txt .", lane=can[0]) if can else "",
                )

    def permissions(self) -> Iterator[Finding]:
        """Whether secrets are their owner's alone."""
        private = [*(self._directory / "keys").glob("*.key")]
        password = self._vault_file or vault.configured(self._directory)
        if password and password.is_file() and not os.access(password, os.X_OK):
            private.append(password)
        bad = 0
        for path in private:
            status = path.stat()
            if status.st_mode & 0o077:
                bad += 1
                yield Finding(
                    "permissions",
                    FAIL,
                    say(
                        "{path}: others can read it (mode {mode})",
                        path=self._short(path),
                        mode=f"{status.st_mode & 0o777:04o}",
                    ),
                    f"chmod 600 {self._short(path)}",
                )
            elif status.st_uid not in (os.getuid(), 0):
                bad += 1
                yield Finding(
                    "permissions",
                    WARN,
                    say("{path}: it is another account's", path=self._short(path)),
                    f"chown $(id -un) {self._short(path)}",
                )
        if not bad:
            yield Finding(
                "permissions", OK, say("{count} files with secrets are their owner's alone", count=len(private))
            )
        if not (self._directory / "keys").is_dir() or not any((self._directory / "keys").glob("*.key")):
            yield Finding("permissions", WARN, say("there is no key that signs cuts"), "prepctl keys create")

    def vault(self) -> Iterator[Finding]:
        """Whether every diffuser's secret can be opened, and is its own."""
        if not InventoryFile(self._workspace.inventory).groups.get("diffusers"):
            return  # which was said
        # What it would say of a missing password is clearer than Ansible's.
        path = vault.password_file(self._directory, self._vault_file) if self._is_vaulted() else None
        try:
            read = inventory.read(self._workspace, inventory.plain_values(("prep_rsync_secret",)), vault_file=path)
        except PrepctlError as problem:
            yield Finding("vault", FAIL, str(problem), say("name the vault's password with --vault-password-file"))
            return
        closed = [name for name, values in read if not values["prep_rsync_secret"]]
        for name in closed:
            yield Finding(
                "vault",
                FAIL,
                say("{name}: prep_rsync_secret cannot be opened, or is not there", name=name),
                say("is it the right password? ansible-vault view host_vars/{name}.yml", name=name),
            )
        if not closed:
            yield Finding("vault", OK, say("the secrets of {count} diffusers can be opened", count=len(read)))

    def _is_vaulted(self) -> bool:
        return any(
            "$ANSIBLE_VAULT" in path.read_text(encoding="utf-8", errors="replace")
            for path in (self._directory / "host_vars").glob("*.y*ml")
        )

    def host_keys(self) -> Iterator[Finding]:
        """Whether host keys are checked, and known."""
        off = []
        config = configparser.ConfigParser(interpolation=None)
        try:
            config.read(self._directory / "ansible.cfg", encoding="utf-8")
        except configparser.Error as problem:
            yield Finding(
                "host_keys", FAIL, say("ansible.cfg cannot be read: {reason}", reason=" ".join(str(problem).split()))
            )
        if not self._workspace.host_key_checking():
            off.append("ansible.cfg: host_key_checking")
        if os.environ.get("ANSIBLE_HOST_KEY_CHECKING", "").lower() in ("0", "false", "no", "off"):
            off.append("ANSIBLE_HOST_KEY_CHECKING")
        files = [self._directory / "ansible.cfg", self._workspace.inventory]
        files += [*(self._directory / "group_vars").rglob("*.y*ml"), *(self._directory / "host_vars").rglob("*.y*ml")]
        off += [self._short(path) for path in files if path.is_file() and self._unchecked(path)]
        for where in dict.fromkeys(off):
            yield Finding(
                "host_keys",
                FAIL,
                say("{where}: SSH host keys are not checked", where=where),
                say("take that out: whoever sits in between could be the server"),
            )
        if (self._directory / "known_hosts").is_file():
            file, known = InventoryFile(self._workspace.inventory), KnownHosts(self._directory)
            missing = [name for name in file.hosts if not known.of(*file.address(name))]
            for name in missing:
                yield Finding(
                    "host_keys", FAIL, say("{name}: its SSH host key is not known", name=name), f"prepctl trust {name}"
                )
            if not missing and not off:
                yield Finding("host_keys", OK, say("the host keys of {count} hosts are known", count=len(file.hosts)))

    @staticmethod
    def _unchecked(path: Path) -> bool:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        return any(UNCHECKED.search(line) for line in lines if not line.lstrip().startswith("#"))

    def reachability(self) -> Iterator[Finding]:
        """Whether each server's sshd says its first line; all are asked at once."""
        file = InventoryFile(self._workspace.inventory)
        hosts = [(name, *file.address(name)) for name in file.hosts
                 if file.hosts[name].get("ansible_connection") not in ("local", "docker", "podman")]  # fmt: skip
        if not hosts:
            return
        with ThreadPoolExecutor(max_workers=min(PARALLEL, len(hosts))) as pool:
            for (name, address, port), (banner, problem) in zip(hosts, pool.map(_banner, hosts), strict=True):
                if problem:
                    yield Finding(
                        "reachability",
                        UNREACHABLE,
                        f"{name}: {place(address, port)}: {problem}",
                        say("is the server up, and this node among prep_allowed_sources?"),
                    )
                else:
                    yield Finding("reachability", OK, f"{name}: {place(address, port)}: {banner}")

    def call(self) -> Iterator[Finding]:
        """Whether the call is right, and this machine's table of zones knows its hours."""
        read = inventory.read(
            self._workspace, inventory.plain_values(("prep_call",)), with_nobody=True, vault_file=self._vault_file
        )
        call = inventory.the_call(self._workspace, read[-1][1]["prep_call"])
        wrong = zone_problem(call)
        if wrong:
            yield Finding("call", FAIL, wrong, say("update tzdata on this machine"))
        else:
            yield Finding("call", OK, f"{call['id']}, {call['zone']}")

    def _short(self, path: Path) -> str:
        try:
            return str(path.relative_to(self._directory))
        except ValueError:
            return str(path)


def _banner(host: tuple[str, str, int]) -> tuple[str, str]:
    """(what sshd says first, why it does not)"""
    _name, address, port = host
    try:
        with socket.create_connection((address, port), timeout=TIMEOUT_S) as connection:
            connection.settimeout(TIMEOUT_S)
            data = connection.recv(BANNER_BYTES)
    except OSError as problem:
        return "", problem.strerror or str(problem) or type(problem).__name__
    line = printable(data.split(b"\n", 1)[0].decode("ascii", errors="replace").strip())
    if not line.startswith("SSH-"):
        return "", say("it answers, but not as sshd does: {line}", line=repr(line[:40]))
    return line, ""
