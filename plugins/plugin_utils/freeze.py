# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The days on which nothing on a diffuser is changed: from the eve of the election to its end.

Source: the call's ``windows.freeze``; where a call has none, from 00:00 of the day before publication
opens (the eve) until publication closes (I.1).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WALL_CLOCK = "%Y-%m-%d %H:%M"


def window(call):
    """The freeze as the call's own wall clock.

    :param call: the call, checked.
    :returns: (opens, closes), each ``"YYYY-MM-DD HH:MM"`` in the call's zone.
    """
    windows = call["windows"]
    if "freeze" in windows:
        return windows["freeze"]["opens"], windows["freeze"]["closes"]
    opening = datetime.strptime(windows["publication"]["opens"], WALL_CLOCK)
    eve = opening.replace(hour=0, minute=0) - timedelta(days=1)
    return eve.strftime(WALL_CLOCK), windows["publication"]["closes"]


def freeze(call, now):
    """Whether a call freezes the servers at a time.

    :param call: the call, checked.
    :param now: an aware datetime.
    :returns: dict ``active`` (bool), ``opens``, ``closes`` (wall clock), ``zone``.
    :raises ValueError: this machine does not know the call's zone.
    """
    opens, closes = window(call)
    try:
        zone = ZoneInfo(call["zone"])
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise ValueError(f"zone {call['zone']} is not known on this machine; install its tzdata") from problem
    start, end = (datetime.strptime(text, WALL_CLOCK).replace(tzinfo=zone) for text in (opens, closes))
    return {"active": start <= now < end, "opens": opens, "closes": closes, "zone": call["zone"]}
