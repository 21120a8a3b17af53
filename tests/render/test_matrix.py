"""Every file that each role writes, on every system, against what each exact version accepts."""

from __future__ import annotations

from typing import Any

import driver
import matrix
import pytest
from checkers.common import fits, table


def accepted() -> list[dict[str, Any]]:
    """Return the rows of accepted.yml."""
    rows: list[dict[str, Any]] = driver.load(driver.HERE / "accepted.yml")["accepted"]
    return rows


def test_the_systems_left_out_are_those_that_preflight_refuses() -> None:
    from ansible_collections.iepc.prep.plugins.module_utils.preflight import CORE_REACH

    assert {core: oldest for core, (oldest, _newest) in CORE_REACH.items()} == driver.OLDEST_PYTHON


@pytest.mark.parametrize("system", sorted(driver.systems()))
def test_the_system_takes_all_that_is_written(system: str, findings: list[matrix.Finding]) -> None:
    rows = accepted()
    wrong = [str(one) for one in findings if one.system == system and not any(matrix.accepts(row, one) for row in rows)]
    assert not wrong, f"{len(wrong)} findings\n" + "\n".join(wrong)


def test_nothing_is_found_outside_of_the_systems(findings: list[matrix.Finding]) -> None:
    assert [str(one) for one in findings if one.system not in driver.systems()] == []


def test_what_is_accepted_is_still_found(findings: list[matrix.Finding]) -> None:
    here = [row for row in accepted() if set(row.get("system", driver.systems())) & set(driver.systems())]
    stale = [row for row in here if not any(matrix.accepts(row, one) for one in findings)]
    assert not stale, "take out of accepted.yml what nothing matches any more"


def test_no_role_is_silent_without_a_reason(rendered: matrix.Matrix) -> None:
    assert matrix.silent_roles(rendered) == []


def test_rsync_s_sandbox_is_dated_as_the_table_of_systemd_is() -> None:
    rows = table("systemd")
    wrong = []
    for one in driver.load(driver.TOP / "roles/rsync_daemon/vars/main.yml")["__rsync_daemon_sandbox"]:
        row = rows["sections"]["Service"].get(one["directive"])
        values = [
            int(value["since"])
            for value in rows["values"]
            if value["option"] == one["directive"] and fits(str(one["value"]).split()[0], value["like"])
        ]
        # A role may ask for a later version than the first that knows the directive.
        least = max([int((row or {}).get("since", 0)), *values])
        if row is None or one["since"] < least:
            wrong.append(f"{one['directive']} since {one['since']}, by the table {least}")
    assert not wrong


def test_every_server_under_every_variant_was_run(rendered: matrix.Matrix) -> None:
    planned = set(driver.systems())
    for variant in driver.variants():
        wanted = variant.get("systems") or driver.systems()
        planned |= {driver.host_name(system, variant["name"]) for system in wanted if system in driver.systems()}
    assert {line["host"] for line in rendered.log} == planned


def test_the_secret_of_the_vault_is_written_and_only_as_a_secret(rendered: matrix.Matrix) -> None:
    written = [
        entry
        for host in rendered.hosts
        for _role, entry in host.entries()
        if entry["secret_content"] and driver.SECRET in entry["secret_content"]
    ]
    assert len(written) >= len(driver.systems())
