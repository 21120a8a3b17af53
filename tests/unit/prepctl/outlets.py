"""A workspace of two diffusers, what is said to prepctl about it, and what prepctl says; for the tests of mistakes."""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path

import pytest

from prepctl import cli
from prepctl.exit_codes import ExitCode

INIT = ("--call", "dgo_2022", "--allow", "198.51.100.0/28", "--control-node", "198.51.100.5")
CONTACT = ("name=Ana", "post=Sistemas", "phone=618 555 0100", "email=ana@radio.example", "hours=24 horas")
# An outlet without a mistake; cases change one thing.
GOOD = {
    "--address": "203.0.113.9", "--domain": "prep.nueva.example", "--outlet": "Radio Nueva",
    "--portal": "https://nueva.example",
}  # fmt: skip
HEADINGS = "Medio,Dominio,IP,Portal,Contacto,Puesto,Teléfono,Correo,Horario"
ROW = "Radio Ñandú,prep.r.example,203.0.113.30,https://r.example,Ana,Jefa,618 555 0100,a@r.example,24 horas"
USAGE, UNREACHABLE = int(ExitCode.USAGE), int(ExitCode.UNREACHABLE)


def add(name: str = "nueva", *more: str, contacts: tuple[str, ...] = CONTACT, **changed: str) -> list[str]:
    """The words of an `add`; an option's value of None leaves it out."""
    options = {**GOOD, **{f"--{key.replace('_', '-')}": value for key, value in changed.items()}}
    words = ["add", name]
    for option, value in options.items():
        words += [option, value]
    for contact in contacts:
        words += ["--contact", contact]
    return [*words, *(more or ("--offline",))]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of two diffusers, as the commands make it."""
    directory = tmp_path_factory.mktemp("made") / "ws"
    assert quietly("init", str(directory), *INIT) == 0
    for number, name in enumerate(("uno", "dos"), 1):
        words = add(name, address=f"203.0.113.{number}", domain=f"prep.{name}.example", outlet=f"Radio {name}")
        assert quietly(*words, "-w", str(directory)) == 0
    return directory


def quietly(*words: str) -> int:
    """Run prepctl in this process; return its exit code."""
    with pytest.raises(SystemExit) as ended, contextlib.redirect_stdout(io.StringIO()):
        cli.main(list(words))
    return int(ended.value.code or 0)


@pytest.fixture
def ws(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, and where the command is run."""
    copy = tmp_path / "ws"
    shutil.copytree(made, copy)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    return copy


def contents(directory: Path) -> dict[str, bytes]:
    """Every file, but for the lock that stays."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != ".prepctl.lock"
    }


def said(capsys: pytest.CaptureFixture[str], ws: Path) -> list[str]:
    """What was said on standard error, without the program's name and the place."""
    lines = capsys.readouterr().err.splitlines()
    assert all(line.startswith("prepctl: ") for line in lines), lines
    return [line.removeprefix("prepctl: ").replace(str(ws), "{ws}") for line in lines]
