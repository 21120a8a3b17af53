"""Opening and drills of a call, in UTC whatever the control node's own zone."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.iepc.prep.plugins.filter.publication_epochs import publication_epochs
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import load_call

CALL = load_call("dgo_2022")
DAY = 24 * 3600


def test_the_call_of_2022() -> None:
    found = publication_epochs(CALL)
    assert found["opening"] == 1654477200  # 2022-06-06T01:00:00Z
    assert found["closing"] == 1654477200 + DAY
    # 22 and 29 May, summer time: from 05:00 to 05:00 UTC.
    assert found["drills"] == [[1653195600, 1653195600 + DAY], [1653800400, 1653800400 + DAY]]


def test_no_summer_time_since_2022() -> None:
    hours = {"opens": "2027-06-06 20:00", "closes": "2027-06-07 20:00"}
    found = publication_epochs({**CALL, "windows": {**CALL["windows"], "publication": hours}})
    # 2027-06-07T02:00:00Z
    assert (found["opening"], found["closing"]) == (1812333600, 1812333600 + DAY)


def test_more_drills() -> None:
    found = publication_epochs(CALL, [{"opens": "2022-05-15 08:00", "closes": "2022-05-15 20:00"}])
    assert found["drills"][0] == [1652619600, 1652619600 + DAY // 2]


@pytest.mark.parametrize(
    ("drill", "said"),
    [
        ({"opens": "2022-05-15"}, "prep_drills[0]: expected opens and closes"),
        ({"opens": "mañana", "closes": "2022-05-15 20:00"}, "prep_drills[0].opens: expected a wall clock"),
        ({"opens": "2022-05-15 20:00", "closes": "2022-05-15 20:00"}, "prep_drills[0].closes: expected a time after"),
    ],
)
def test_mistakes_are_one_line(drill: dict[str, str], said: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        publication_epochs(CALL, [drill])
    assert said in str(caught.value)
