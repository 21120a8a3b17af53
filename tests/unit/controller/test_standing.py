"""When a server stands as it was left: what counts as a difference, what the roles are told, and the records."""

from __future__ import annotations

import copy
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.iepc.prep.plugins.plugin_utils import report_words, standing

HERE = Path(__file__).parent
RULES: list[dict[str, Any]] = [
    {"metainfo": {"version": "1.0.6"}},
    {"table": {"family": "inet", "name": "prep", "handle": 1}},
    {"chain": {"family": "inet", "table": "prep", "name": "in", "handle": 2}},
    {"set": {"family": "inet", "table": "prep", "name": "busy", "flags": ["dynamic"], "elem": ["192.0.2.1"]}},
    {"set": {"family": "inet", "table": "prep", "name": "allowed", "flags": ["interval"],
             "elem": ["192.0.2.1", "192.0.2.2"]}},
    {"rule": {"family": "inet", "table": "prep", "chain": "in", "handle": 3, "expr": [
        {"counter": {"packets": 5, "bytes": 60}}, {"drop": None}]}},
    {"rule": {"family": "inet", "table": "prep", "chain": "in", "handle": 4, "expr": [
        {"set": {"op": "update", "elem": {"payload": {}}, "set": "@seen"}}]}},
    {"set": {"family": "inet", "table": "prep", "name": "seen", "flags": ["timeout"], "elem": [
        {"elem": {"val": "192.0.2.9", "expires": 46}}]}},
]  # fmt: skip

EVIDENCE = json.loads((HERE.parent / "fixtures/compliance/converged.json").read_text(encoding="utf-8"))
EVIDENCE["items"]["footprint"] = {
    "error": None,
    "truncated": False,
    "value": {"files": "a" * 64, "settings": "b" * 64, "places": "c" * 64, "boot": "8a 4711", "entries": 3000},
}
EVIDENCE["items"]["firewall.nft"]["value"]["ruleset"] = RULES
LISTENER = {"proto": "tcp", "address": "0.0.0.0", "port": 8080, "process": "nc"}
BEFORE = standing.footprint(EVIDENCE)


def changed(act: Any) -> list[str]:
    """The areas that differ after a change to what is read."""
    evidence = copy.deepcopy(EVIDENCE)
    act({key: item.get("value") for key, item in evidence["items"].items()}, evidence["items"])
    return standing.differences(standing.footprint(evidence), BEFORE)


def test_a_server_that_nobody_touched_stands() -> None:
    assert all(BEFORE.values())
    assert changed(lambda values, items: None) == []


@pytest.mark.parametrize(
    ("area", "act"),
    [
        ("files", lambda v, i: v["footprint"].update(files="d" * 64)),
        ("places", lambda v, i: v["footprint"].update(places="d" * 64)),
        ("settings", lambda v, i: v["footprint"].update(settings="d" * 64)),
        ("system", lambda v, i: v["footprint"].update(boot="8a 4712")),
        ("system", lambda v, i: i["os.kernel"].update(value="6.1.0-99")),
        (
            "system",
            lambda v, i: v["network"]["addresses"].append({"dev": "eth9", "address": "192.0.2.9", "scope": "global"}),
        ),
        ("packages", lambda v, i: v["packages"]["installed"].update(nginx="1")),
        ("units", lambda v, i: next(u for u in v["units"] if u["enabled"] == "enabled").update(active="failed")),
        ("units", lambda v, i: next(u for u in v["units"] if u["enabled"] == "enabled").update(enabled="disabled")),
        ("listeners", lambda v, i: v["sockets.listening"].append(LISTENER)),
        ("listeners", lambda v, i: v["sockets.listening"].pop()),
        ("bans", lambda v, i: v["fail2ban"].update(running=False, jails={})),
        ("bans", lambda v, i: v["fail2ban"]["jails"].popitem()),
        ("firewall", lambda v, i: v["firewall.manager"]["firewalld"].update(default_zone="public")),
    ],
)
def test_each_touch_is_seen(area: str, act: Any) -> None:
    assert changed(act) == [area]


@pytest.mark.parametrize(
    "act",
    [
        lambda v, i: next(iter(v["fail2ban"]["jails"].values())).update(banned=["203.0.113.9"], total_banned=7),
        lambda v, i: v["units"].append(
            {"unit": "apt-daily.service", "active": "activating", "enabled": "enabled", "file": "/x"}
        ),
        lambda v, i: v["sockets.listening"].append({**LISTENER, "address": "127.0.0.1"}),
        lambda v, i: v["sockets.listening"].append({**LISTENER, "proto": "udp", "port": 40123}),
        lambda v, i: v["units"].append({"unit": "session-9.scope", "active": "active", "enabled": "", "file": None}),
    ],
)
def test_what_comes_and_goes_by_itself_is_none(act: Any) -> None:
    assert changed(act) == []


@pytest.mark.parametrize("broken", [{"error": "no answer"}, {"truncated": True}, {"value": None}, {"value": [7, "x"]}])
@pytest.mark.parametrize("key", ["footprint", "units", "packages", "fail2ban", "firewall.nft", "network"])
def test_what_could_not_be_read_never_stands(key: str, broken: dict[str, Any]) -> None:
    def act(_values: Any, items: Any) -> None:
        items[key].update(broken)

    assert changed(act)
    evidence = copy.deepcopy(EVIDENCE)
    evidence["items"][key].update(broken)
    now = standing.footprint(evidence)
    blind = [area for area, digest in now.items() if digest is None]
    assert standing.differences(now, now) == blind


@pytest.mark.parametrize(
    "sent", [None, [], {}, {"items": 3}, {"items": {"footprint": 1}}, {"items": {"units": {"value": {}}}}]
)
def test_whatever_a_server_sends(sent: Any) -> None:
    assert set(standing.footprint(sent).values()) == {None}


# -- rules ----------------------------------------------------------------


def rules(act: Any) -> bool:
    """Whether rules count as the same after a change."""
    now = copy.deepcopy(RULES)
    act(now)
    return standing.lasting_rules(now) == standing.lasting_rules(RULES)


def test_counts_bans_and_what_rules_fill_are_no_difference() -> None:
    def traffic(now: list[dict[str, Any]]) -> None:
        now[5]["rule"]["expr"][0]["counter"] = {"packets": 99, "bytes": 1}
        now[5]["rule"]["handle"] = 77
        now[3]["set"]["elem"] = []
        now[7]["set"]["elem"] = [{"elem": {"val": "192.0.2.8", "expires": 1}}]
        now[4]["set"]["elem"].reverse()
        now.append({"table": {"family": "inet", "name": "f2b-table"}})
        now.append({"rule": {"family": "inet", "table": "f2b-table", "chain": "x", "expr": []}})
        now.append(
            {"rule": {"family": "ip", "table": "filter", "chain": "INPUT", "expr": [{"jump": {"target": "f2b-sshd"}}]}}
        )

    assert rules(traffic)


def test_tables_have_no_order_and_a_flag_alone_is_a_list() -> None:
    other = {"table": {"family": "ip", "name": "other"}}
    alone = copy.deepcopy(RULES)
    alone[4]["set"]["flags"] = "interval"
    assert standing.lasting_rules([other, *alone]) == standing.lasting_rules([*RULES, other])


@pytest.mark.parametrize(
    "act",
    [
        lambda now: now.pop(5),
        lambda now: now.insert(5, now.pop(6)),
        lambda now: now[4]["set"]["elem"].append("203.0.113.1"),
        lambda now: now[4]["set"]["elem"].pop(),
        lambda now: now[5]["rule"]["expr"].__setitem__(1, {"accept": None}),
        lambda now: now.append({"table": {"family": "ip", "name": "mine"}}),
        lambda now: now.clear(),
    ],
)
def test_a_rule_that_is_another_one_is_seen(act: Any) -> None:
    assert not rules(act)


def test_lines_of_iptables() -> None:
    text = "# Generated\n*filter\n:INPUT ACCEPT [5:600]\n[1:2] -A INPUT -j DROP\n"
    text += "-A INPUT -j f2b-sshd\n-A f2b-sshd -j RETURN\n"
    assert standing.lasting_lines(text) == ["*filter", ":INPUT ACCEPT", "-A INPUT -j DROP"]
    assert standing.lasting_lines(None) == []


# -- what is loaded anew --------------------------------------------------


def test_what_runs_beside_its_files_is_loaded_anew() -> None:
    assert standing.to_load_anew(["files"]) == []
    assert standing.to_load_anew(["firewall", "bans"]) == [
        "firewalld",
        "ddos-connections",
        "ddos-firewalld",
        "fail2ban",
    ]


def test_every_transaction_named_is_one_of_a_role() -> None:
    text = "".join(path.read_text() for path in (standing.COLLECTION / "roles").rglob("*.yml"))
    for name in {name for names in standing.AREAS.values() for name in names}:
        assert f"name: {name}\n" in text, name


def test_every_area_has_words_for_people() -> None:
    assert report_words.AREAS.keys() == standing.AREAS.keys()


# -- what the roles are told ----------------------------------------------


def told(**variables: Any) -> str:
    return standing.inputs_digest(variables, lambda value: value, ["prep_contact"])


def test_what_roles_are_told() -> None:
    before = told(prep_domain="a.mx", ansible_host="192.0.2.1")
    assert before == told(ansible_host="192.0.2.1", prep_domain="a.mx")
    assert before == told(prep_domain="a.mx", ansible_host="192.0.2.1", prep_contact={"at": 7}, ansible_facts={"x": 1},
                          prep_thorough=True, hostvars={}, ansible_check_mode=True)  # fmt: skip
    for other in ({"prep_domain": "b.mx"}, {"apache_port": 8080}, {"ansible_host": "192.0.2.2"}):
        assert before != told(**{"prep_domain": "a.mx", "ansible_host": "192.0.2.1", **other})


def test_a_value_counts_as_what_it_says_now() -> None:
    secret = {"{{ lookup('file', 'x') }}": "one"}
    first = standing.inputs_digest({"a": "{{ lookup('file', 'x') }}"}, lambda value: secret.get(value, value), [])
    secret["{{ lookup('file', 'x') }}"] = "two"
    assert first != standing.inputs_digest(
        {"a": "{{ lookup('file', 'x') }}"}, lambda value: secret.get(value, value), []
    )


def test_another_collection_is_another_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "roles/a/defaults").mkdir(parents=True)
    (tmp_path / "roles/a/defaults/main.yml").write_text("a_key: \"{{ lookup('file', 'k') }}\"\n")
    monkeypatch.setattr(standing, "COLLECTION", tmp_path)
    before = told()
    assert before == told()
    (tmp_path / "roles/a/defaults/main.yml").write_text("a_key: \"{{ lookup('file', 'l') }}\"\n")
    assert before != told()


# -- records --------------------------------------------------------------


def test_a_record_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    records = standing.Records(tmp_path / ".standing")
    records.keep("a/../b", {"at": 7, "footprint": {}})
    record = records.read("a/../b")
    assert record and record["at"] == 7
    assert [path.name for path in (tmp_path / ".standing").iterdir()] == ["a%2F..%2Fb.json"]
    assert stat.S_IMODE((tmp_path / ".standing").stat().st_mode) == 0o700
    assert stat.S_IMODE(records.path("a/../b").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"schema": 1}',
        '{"schema": 2, "footprint": {}, "at": 7}',
        '{"schema": 1, "footprint": {}, "at": "x"}',
        '{"schema": 1, "footprint": {}, "at": NaN}',
        '{"schema": 1, "footprint": {}, "at": 1e300}',
        '{"schema": 1, "footprint": {}, "at": -1}',
        "[" * 100000,
    ],
)
def test_a_record_of_no_use_is_none(tmp_path: Path, text: str) -> None:
    records = standing.Records(tmp_path)
    records.path("a").write_text(text)
    assert records.read("a") is None
    assert records.read("never") is None


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = standing.Records(tmp_path)
    records.keep("a", {"at": 7, "footprint": {}})

    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        records.keep("a", {"at": 8, "footprint": {}})
    assert list(tmp_path.iterdir()) == []


def test_age() -> None:
    assert not standing.outdated({"at": 1000}, now=1000 + standing.MOST_AGE_S)
    assert standing.outdated({"at": 1000}, now=1001 + standing.MOST_AGE_S)
    assert standing.outdated({"at": 1000}, now=999)
