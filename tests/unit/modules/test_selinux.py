"""selinux: the policy is compared, changed once, and files are labelled only then."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import fake_selinux

MODULE = "iepc.prep.selinux"
Run = Callable[..., dict[str, Any]]


class Fake:
    """The fake policy of a test."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def read(self) -> dict[str, Any]:
        policy: dict[str, Any] = json.loads((self.directory / "policy.json").read_text())
        return policy

    def change(self, **values: Any) -> None:
        (self.directory / "policy.json").write_text(json.dumps({**self.read(), **values}))


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    directory = tmp_path / "bin"
    directory.mkdir()
    fake_selinux.install(directory)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SELINUX", str(directory))
    return Fake(directory)


@pytest.fixture
def asked(tmp_path: Path) -> dict[str, Any]:
    """A label, a boolean, a port that nobody has and one that another type has."""
    tree = tmp_path / "tree"
    tree.mkdir()
    return {
        "fcontexts": [
            {"target": f"{tree}(/.*)?", "setype": "public_content_rw_t"},
            {"target": "/srv/other(/.*)?", "setype": "public_content_t"},
        ],
        "booleans": {"rsync_anon_write": True},
        "ports": [{"port": 2222, "setype": "ssh_port_t"}, {"port": 81, "setype": "ssh_port_t"}],
    }


def test_once_and_no_more(run_module: Run, fake: Fake, asked: dict[str, Any], tmp_path: Path) -> None:
    foretold = run_module(MODULE, asked, check=True)
    assert fake.read() == fake_selinux.FRESH

    done = run_module(MODULE, asked)
    assert done["changed"] is True
    assert done["changes"] == foretold["changes"] and len(done["changes"]) == 5
    policy = fake.read()
    assert policy["fcontext"][f"{tmp_path}/tree(/.*)?"] == "public_content_rw_t"
    assert policy["fcontext"]["/srv/other(/.*)?"] == "public_content_t"
    assert policy["boolean"]["rsync_anon_write"] == ["on", "on"]
    assert {"2222", "81"} < set(policy["port"]["ssh_port_t tcp"])
    # What a changed label covers and exists; /srv/other does not.
    assert policy["relabelled"] == [f"{tmp_path}/tree"]

    assert run_module(MODULE, asked)["changed"] is False
    assert run_module(MODULE, asked, check=True)["changed"] is False
    assert fake.read() == policy


def test_a_boolean_that_a_boot_would_lose_is_set_again(run_module: Run, fake: Fake) -> None:
    fake.change(boolean={"rsync_anon_write": ["on", "off"]})
    done = run_module(MODULE, {"booleans": {"rsync_anon_write": True}})
    assert done["changed"] is True
    assert fake.read()["boolean"]["rsync_anon_write"] == ["on", "on"]


def test_off_is_nothing_to_do(run_module: Run, fake: Fake, asked: dict[str, Any]) -> None:
    fake.change(enabled=False)
    done = run_module(MODULE, asked)
    assert (done["changed"], done["enabled"], done["changes"]) == (False, False, [])
    assert fake.read()["changes"] == 0


def test_without_semanage(run_module: Run, fake: Fake, asked: dict[str, Any]) -> None:
    (fake.directory / "semanage").unlink()
    assert run_module(MODULE, asked, check=True)["changed"] is True
    done = run_module(MODULE, asked)
    assert done["failed"] is True
    assert "install policycoreutils-python (" in done["msg"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"fcontexts": [{"target": "srv", "setype": "x_t"}]}, "expected an absolute path"),
        ({"booleans": {"no_such_thing": True}}, "no_such_thing: the policy of this system has no such name"),
        ({"booleans": {"rsync_anon_write": "perhaps"}}, "expected true or false"),
        ({"ports": [{"port": 70000, "setype": "ssh_port_t"}]}, "expected 1 to 65535"),
    ],
)
def test_bad_input_in_one_line(run_module: Run, fake: Fake, arguments: dict[str, Any], said: str) -> None:
    done = run_module(MODULE, arguments)
    assert done["failed"] is True
    assert said in done["msg"] and "\n" not in done["msg"]
    assert fake.read()["changes"] == 0
