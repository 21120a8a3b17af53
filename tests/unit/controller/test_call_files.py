"""Reading a call: once per process, and nobody gets another's copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.iepc.prep.plugins.plugin_utils import call_files


def test_each_reader_gets_a_copy_of_its_own() -> None:
    first = call_files.load_call("dgo_2022")
    first["ports"]["public"].append(8080)
    assert 8080 not in call_files.load_call("dgo_2022")["ports"]["public"]


def test_a_call_that_was_edited_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    text = (call_files.COLLECTION / "calls/dgo_2022.yml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    call_files.load_call(str(path))
    path.write_text("ports: [80", encoding="utf-8")
    with pytest.raises(call_files.CallError, match="cannot be read as YAML"):
        call_files.load_call(str(path))


def test_both_readers_of_yaml_see_the_same() -> None:
    for name in call_files.known_calls():
        text = call_files.find_call(name).read_text(encoding="utf-8")
        assert call_files.yaml.load(text, Loader=call_files.LOADER) == call_files.yaml.safe_load(text)
