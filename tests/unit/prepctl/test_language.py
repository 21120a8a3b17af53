"""Messages in the language of the locale; the catalogue is whole, and holds nothing that is not said."""

from __future__ import annotations

import ast
import string
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

import prepctl
from prepctl import cli, man
from prepctl.language import is_spanish, phrase, say, translate
from prepctl.language_es import CATALOGUE, EXPECTED
from prepctl.output import MEANINGS, STYLES

SOURCES = sorted(Path(prepctl.__file__).parent.rglob("*.py"))


def says(tree: ast.Module) -> bool:
    """Whether a module's say() is the one of prepctl.language; documents have words of their own."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "prepctl.language"
        and "say" in {one.name for one in node.names}
        for node in ast.walk(tree)
    )


def said() -> set[str]:
    """Every text that the code gives to say() as it stands."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]
    return {
        node.args[0].value
        for tree in trees
        if says(tree)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args
        if isinstance(node.args[0], ast.Constant)
    }


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_sentence_has_its_spanish() -> None:
    assert said() - set(CATALOGUE) == set()


def test_no_translation_is_of_a_sentence_that_nobody_says() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES if path.name != "language_es.py")
    indirect = {one for one in CATALOGUE if f'"{one}"' in text} | set(MEANINGS.values()) | set(STYLES)
    assert set(CATALOGUE) - said() - indirect == set()


def test_a_translation_has_the_same_fields() -> None:
    assert [one for one in CATALOGUE if fields(CATALOGUE[one]) != fields(one)] == []


def test_what_the_inventorys_checks_expect_is_said_so_there() -> None:
    places = [Path(prepctl.__file__).parents[1] / "plugins/module_utils", Path(prepctl.__file__).parent]
    text = "".join(path.read_text(encoding="utf-8") for place in places for path in place.rglob("*.py")
                   if path.name != "language_es.py").replace('\\"', '"')  # fmt: skip
    assert [one for one in EXPECTED if one not in text] == []


@pytest.mark.parametrize(
    ("variables", "spanish"),
    [
        ({"LANG": "es_MX.UTF-8"}, True), ({"LANG": "es"}, True), ({"LANG": "en_US.UTF-8"}, False), ({}, False),
        ({"LANG": "es_MX.UTF-8", "LC_ALL": "C.UTF-8"}, False), ({"LANG": "C", "LC_MESSAGES": "es_ES"}, True),
        ({"LANG": "est_EE"}, False),
    ],
)  # fmt: skip
def test_the_locale_decides(variables: dict[str, str], spanish: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_spanish() == spanish
    assert (say("nothing") == "nada") == spanish


def test_lines_of_the_inventory_are_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    line = 'host_vars/uno.yml: prep_contacts.drills.phone: expected a telephone number of at least 10 digits, got "12"'
    assert translate(line) == line
    monkeypatch.setenv("LC_ALL", "es_MX.UTF-8")
    assert translate(line) == (
        'host_vars/uno.yml: prep_contacts.drills.phone: se esperaba un teléfono de al menos 10 dígitos; se recibió "12"'
    )
    assert translate("g.yml: prep_call: expected X, got Y (did you mean Z?)") == (
        "g.yml: prep_call: se esperaba X; se recibió Y (¿quiso decir Z?)"
    )
    assert phrase("an e-mail address (required)") == "una dirección de correo (obligatorio)"
    # What it does not know stays as it is.
    assert translate("something else") == "something else"


def test_a_mistake_in_spanish(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "es_MX.UTF-8")
    with pytest.raises(SystemExit) as ended:
        cli.main(["onboard", "-w", str(tmp_path)])
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        f"prepctl: {tmp_path}/diffusers.ini: se esperaba un inventario; no existe; indique el espacio de trabajo con "
        "--workspace, o haga uno con prepctl init\n"
    )


def test_the_manual_page_names_every_verb_and_code(prepctl: Callable) -> None:
    text = man.page(cli.app, "1.2.3")
    for words in ("prepctl init DIR", r"prepctl report write", r"prepctl lab up", r"\-\-fingerprint"):
        assert words in text
    assert not [line for line in text.splitlines() if line.startswith("'")]
    assert prepctl("man").stdout == man.page(cli.app, version("iepc-prep"))


def test_words_are_completed(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "prepctl")], capture_output=True, text=True, cwd=tmp_path,
        env={"_PREPCTL_COMPLETE": "complete_bash", "COMP_WORDS": "prepctl onb", "COMP_CWORD": "1",
             "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.stdout.split() == ["onboard"], done.stderr
