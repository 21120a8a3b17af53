"""The days on which servers are not changed, in the zone of the call."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
import yaml
from ansible_collections.iepc.prep.plugins.plugin_utils import freeze
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import COLLECTION

CALL = yaml.safe_load((COLLECTION / "calls/dgo_2022.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("utc", "active"),
    [
        # The eve begins at 00:00 of Saturday 4 June, which was 05:00 in UTC (summer time, then).
        ((2022, 6, 4, 4, 59), False),
        ((2022, 6, 4, 5, 0), True),
        ((2022, 6, 7, 0, 59), True),
        # Publication closes on Monday 6 at 20:00.
        ((2022, 6, 7, 1, 0), False),
        ((2026, 11, 24, 12, 0), False),
    ],
)
def test_from_the_eve_until_publication_closes(utc: tuple[int, ...], active: bool) -> None:
    found = freeze.freeze(CALL, datetime(*utc, tzinfo=timezone.utc))  # type: ignore[arg-type, misc]
    assert found["active"] is active
    assert (found["opens"], found["closes"]) == ("2022-06-04 00:00", "2022-06-06 20:00")


def test_a_call_may_set_its_own_days() -> None:
    days = {"opens": "2022-05-30 08:00", "closes": "2022-06-12 23:59"}
    own = {**CALL, "windows": {**CALL["windows"], "freeze": days}}
    assert freeze.window(own) == ("2022-05-30 08:00", "2022-06-12 23:59")


def test_a_zone_that_this_machine_does_not_know() -> None:
    with pytest.raises(ValueError, match="America/Nowhere is not known on this machine"):
        freeze.freeze({**CALL, "zone": "America/Nowhere"}, datetime.now(timezone.utc))
