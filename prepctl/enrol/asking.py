"""Asking the person at the terminal, and knowing when nobody is there to be asked."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from prepctl.enrol.host_key import HostKey, read_fingerprint
from prepctl.language import say


def can_ask() -> bool:
    """Whether somebody sits at both ends."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, default: str | None = None, judge: Callable[[str], str | None] | None = None) -> str:
    """One answer; asked again while *judge* says what is wrong with it. Questions go to standard error."""
    while True:
        given = str(typer.prompt(question, default=default, err=True, show_default=bool(default))).strip()
        wrong = judge(given) if judge else None
        if not wrong:
            return given
        typer.echo(f"  {wrong}", err=True)


def ask_many(question: str, judge: Callable[[str], str | None] | None = None, default: str | None = None) -> list[str]:
    """Several answers on one line, by blanks or commas."""

    def all_of(text: str) -> str | None:
        return next((wrong for one in words(text) if judge and (wrong := judge(one))), None)

    return words(ask(question, default, all_of))


def words(text: str) -> list[str]:
    """What is between blanks and commas."""
    return [word for word in text.replace(",", " ").split() if word]


def vouch(name: str, where: str, keys: list[HostKey]) -> list[str] | None:
    """Show a server's fingerprints to the person, who compares them out of band.

    :returns: the fingerprints that were confirmed; None if they were not.
    """
    typer.echo(say("{name}: {where} offers these SSH host keys:", name=name, where=where), err=True)
    for key in keys:
        typer.echo(f"  {key.fingerprint}  {key.kind}", err=True)
    typer.echo(
        say("Compare with what the outlet's technician reads on the server's own console "
            "(ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); not with what came by this network."), err=True,
    )  # fmt: skip
    given = str(
        typer.prompt(say("Are they the same? yes, no, or the fingerprint that you were told"), err=True)
    ).strip()
    if given.lower() in ("yes", "sí", "si"):
        return [key.fingerprint for key in keys]
    try:
        return [read_fingerprint(given)]
    except ValueError:
        return None
