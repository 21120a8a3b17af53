"""Outlets are taken into a workspace: all that are given, or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prepctl import inventory, vault
from prepctl.enrol import host_key, outlet
from prepctl.enrol.changes import Changes, finish, locked
from prepctl.enrol.host_key import HostKey, KnownHosts
from prepctl.enrol.outlet import Outlet
from prepctl.errors import Mistakes, PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.inventory_file import InventoryFile
from prepctl.language import say
from prepctl.workspace import Workspace

# Shows a person a server's keys: (name, where, keys) -> fingerprints, or None if they were not confirmed.
Voucher = Callable[[str, str, list[HostKey]], list[str] | None]
# Turns a mistake (index of the outlet, key, expected, got) into the line that says where it is.
Teller = Callable[[int, str, str, str], str]


@dataclass
class Known:
    """What a workspace has already."""

    workspace: Workspace
    file: InventoryFile
    call: dict[str, Any]
    domains: dict[str, str] = field(default_factory=dict)
    """Each diffuser's domain."""

    @classmethod
    def read(cls, workspace: Workspace, vault_file: Path | None) -> Known:
        """Read it.

        :raises PrepctlError: it can't be read.
        """
        # What another command had recorded when it was cut off is read as it is meant to be.
        finish(workspace.directory)
        file = InventoryFile(workspace.inventory)
        values = inventory.plain_values(("prep_call", "prep_domain"))
        secret = vault.password_file(workspace.directory, vault_file)
        vault.Vault(secret)  # says what is wrong with it more clearly than what follows
        read = inventory.read(workspace, values, vault_file=secret, with_nobody=True)
        name = read[-1][1]["prep_call"]
        if not name:
            raise PrepctlError(
                say("{path}: prep_call: expected the name of a call, found none",
                    path=workspace.directory / "group_vars/diffusers.yml")
            )  # fmt: skip
        call = inventory.the_call(workspace, name)
        return cls(workspace, file, call, {host: str(one["prep_domain"] or "") for host, one in read[:-1]})


def judge(known: Known, outlets: list[Outlet], tell: Teller) -> list[str]:
    """All that is wrong with outlets, each mistake in one line, before any server is asked for anything."""
    lines = []
    names: dict[Any, str] = {
        name.lower(): say("a host of {path}", path=known.file.path.name) for name in known.file.hosts
    }
    addresses: dict[Any, str] = {known.file.address(name): name for name in known.file.hosts}
    domains: dict[Any, str] = {domain.lower(): name for name, domain in known.domains.items() if domain}
    for index, one in enumerate(outlets):
        one.name = one.name.strip()
        lines += [tell(index, *mistake) for mistake in outlet.mistakes(one, known.call, vault.new_secret())]
        for key, value, taken in (
            ("name", one.name.lower(), names),
            ("address", (one.address, one.port), addresses),
            ("prep_domain", one.domain, domains),
        ):
            if not one.address and key == "address" or not value:
                continue
            if value in taken:
                shown = value if isinstance(value, str) else one.address
                whose = say("{value}, which is {other}'s", value=shown, other=taken[value])
                lines.append(tell(index, key, say("a value of its own"), whose))
        if (known.workspace.directory / "host_vars" / f"{one.name}.yml").exists() and one.name.lower() not in names:
            lines.append(
                tell(index, "name", say("a name without a file"),
                     say("host_vars/{name}.yml, which is there though no host is named so", name=one.name))
            )  # fmt: skip
        names[one.name.lower()] = say("another outlet here")
        addresses.setdefault((one.address, one.port), one.name)
        domains.setdefault(one.domain, one.name)
        lines += _read_fingerprints(index, one, tell)
    return list(dict.fromkeys(lines))


def _read_fingerprints(index: int, one: Outlet, tell: Teller) -> list[str]:
    """Bring an outlet's fingerprints into OpenSSH's form; returns what is wrong with them."""
    lines = []
    for number, text in enumerate(one.fingerprints):
        try:
            one.fingerprints[number] = host_key.read_fingerprint(text)
        except ValueError as problem:
            lines.append(tell(index, "fingerprint", str(problem), repr(text[:70])))
    return lines


def host_keys(known: Known, outlets: list[Outlet], tell: Teller, vouch: Voucher | None) -> list[list[HostKey]]:
    """The keys of each outlet's server that somebody vouches for.

    :param vouch: asks the person; None if nobody can be asked.
    :raises Mistakes: a server can't be reached, or its key is not the one.
    """
    known_hosts = KnownHosts(known.workspace.directory)
    if vouch is None:
        missing = [index for index, one in enumerate(outlets) if not one.fingerprints]
        if missing:
            raise Mistakes([
                tell(index, "fingerprint",
                     say("the server's fingerprint (SHA256:...), since nobody can be asked; or --offline"),
                     say("nothing")) for index in missing
            ])  # fmt: skip
    found = host_key.fetch_all([(one.address, one.port) for one in outlets])
    lines, unreachable, kept = [], True, []
    for one, offered in zip(outlets, found, strict=True):
        where = host_key.place(one.address, one.port)
        try:
            if isinstance(offered, PrepctlError):
                raise offered
            fingerprints = one.fingerprints or (vouch(one.name, where, offered) if vouch else None)
            if not fingerprints:
                raise PrepctlError(say("{where}: the host key was not confirmed", where=where))
            keys = host_key.vouched(where, offered, fingerprints)
            before = known_hosts.of(one.address, one.port)
            if before and not set(keys) & set(before):
                raise PrepctlError(
                    say("{path}: another host key of {where} stands there; if the server was reinstalled: "
                        "prepctl trust NAME --replace", path=known_hosts.path.name, where=where)
                )  # fmt: skip
            kept.append(keys)
        except PrepctlError as problem:
            unreachable = unreachable and problem.code == ExitCode.UNREACHABLE
            lines.append(f"{one.name}: {problem}")
    if lines:
        complaint = Mistakes(lines)
        complaint.code = ExitCode.UNREACHABLE if unreachable else ExitCode.USAGE
        raise complaint
    return kept


def take_in(
    workspace: Workspace,
    outlets: list[Outlet],
    tell: Teller,
    *,
    vault_file: Path | None,
    vouch: Voucher | None,
    offline: bool = False,
    dry_run: bool = False,
) -> list[str]:
    """Write the files of outlets; return the names of what was, or would be, written.

    :param offline: leave the host keys for later.
    :raises Mistakes: something is wrong with any of them; nothing was changed.
    """
    with locked(workspace.directory):
        known = Known.read(workspace, vault_file)
        wrong = judge(known, outlets, tell)
        if wrong:
            raise Mistakes(wrong)
        locks = vault.Vault(vault.password_file(workspace.directory, vault_file))
        kept = [] if offline or dry_run else host_keys(known, outlets, tell, vouch)
        changes = Changes(workspace.directory)
        known_hosts = KnownHosts(workspace.directory)
        for one in outlets:
            secret = locks.encrypt(vault.new_secret())
            changes.write(f"host_vars/{one.name}.yml", outlet.host_file(one, secret), 0o640)
            known.file.add(one.name, one.line())
        for one, keys in zip(outlets, kept, strict=False):
            known_hosts.put(one.address, one.port, keys)
        if kept:
            changes.write(known_hosts.path.name, known_hosts.content())
        # The line in the inventory is what makes a host of the rest.
        changes.write(str(workspace.inventory.relative_to(workspace.directory)), known.file.content())
        if not dry_run:
            changes.commit()
        return changes.names


def add_vantage_point(
    workspace: Workspace, one: Outlet, tell: Teller, vouch: Voucher | None, *, offline: bool
) -> list[str]:
    """Take a machine in that looks at the diffusers from outside: a line, and its host key."""
    with locked(workspace.directory):
        file = InventoryFile(workspace.inventory)
        wrong = [tell(0, *mistake) for mistake in outlet.machine_mistakes(one)]
        if one.name in file.hosts:
            wrong.append(
                tell(0, "name", say("a value of its own"), say("{value}, which is {other}'s", value=one.name,
                     other=say("a host of {path}", path=file.path.name)))
            )  # fmt: skip
        wrong += _read_fingerprints(0, one, tell)
        if wrong:
            raise Mistakes(wrong)
        known = Known(workspace, file, {})
        known_hosts = KnownHosts(workspace.directory)
        changes = Changes(workspace.directory)
        if not offline:
            known_hosts.put(one.address, one.port, host_keys(known, [one], tell, vouch)[0])
            changes.write(known_hosts.path.name, known_hosts.content())
        file.add(one.name, one.line(), "vantage_points")
        changes.write(str(workspace.inventory.relative_to(workspace.directory)), file.content())
        changes.commit()
        return changes.names


def trust(
    workspace: Workspace, name: str, fingerprints: list[str], vouch: Voucher | None, *, replace: bool
) -> list[HostKey]:
    """Know the host key of a host that the inventory has.

    :param replace: another key may be known of it.
    :raises PrepctlError: there is no such host, or its key is not the one.
    """
    with locked(workspace.directory):
        file = InventoryFile(workspace.inventory)
        if name not in file.hosts:
            known = ", ".join(sorted(file.hosts)) or "none"
            raise PrepctlError(
                say("{name}: expected a host of {path} ({known})", name=name, path=file.path.name, known=known)
            )
        address, port = file.address(name)
        where = host_key.place(address, port)
        try:
            wanted = [host_key.read_fingerprint(text) for text in fingerprints]
        except ValueError as problem:
            raise PrepctlError(
                say("--fingerprint: expected {expected}, got {got}", expected=problem, got=fingerprints)
            ) from None
        if not wanted and vouch is None:
            raise PrepctlError(say("--fingerprint: expected the server's fingerprint, since nobody can be asked"))
        offered = host_key.fetch(address, port)
        if not wanted:
            wanted = (vouch(name, where, offered) if vouch else None) or []
            if not wanted:
                raise PrepctlError(say("{where}: the host key was not confirmed", where=where))
        keys = host_key.vouched(where, offered, wanted)
        known_hosts = KnownHosts(workspace.directory)
        before = known_hosts.of(address, port)
        if before and not set(keys) & set(before) and not replace:
            raise PrepctlError(
                say("{path}: another host key of {where} stands there; if the server was reinstalled: "
                    "prepctl trust NAME --replace", path=known_hosts.path.name, where=where)
            )  # fmt: skip
        known_hosts.put(address, port, keys)
        changes = Changes(workspace.directory)
        changes.write(known_hosts.path.name, known_hosts.content())
        changes.commit()
        return keys
