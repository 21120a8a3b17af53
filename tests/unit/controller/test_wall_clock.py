"""A moment as the clocks of the call's zone show it, summer time and its end included."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.iepc.prep.plugins.filter.wall_clock import wall_clock

ZONE = "America/Monterrey"


def test_the_opening_of_2022_and_of_2027():
    assert wall_clock(1654477200, ZONE) == "2022-06-05T20:00:00-05:00"
    assert wall_clock("1812333600.7", ZONE) == "2027-06-06T20:00:00-06:00"


@pytest.mark.parametrize(("epoch", "zone"), [("mañana", ZONE), (0, "America/Durango")])
def test_what_is_no_moment_or_no_zone(epoch, zone):
    with pytest.raises(AnsibleFilterError, match="wall_clock"):
        wall_clock(epoch, zone)
