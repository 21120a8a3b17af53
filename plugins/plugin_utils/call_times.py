# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A call's wall clock times as UTC: worked out on the controller, whose zone table is current."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(call: dict) -> ZoneInfo:
    """The call's time zone.

    :raises ValueError: this machine doesn't know it.
    """
    try:
        return ZoneInfo(call["zone"])
    except (ZoneInfoNotFoundError, OSError) as problem:
        raise ValueError(f"zone: expected a time zone that this machine knows, got {call['zone']}") from problem


def in_utc(wall_clock: str, zone: ZoneInfo) -> str:
    """``2030-06-05 20:00`` there -> ``2030-06-06T02:00:00Z``."""
    local = datetime.strptime(wall_clock, "%Y-%m-%d %H:%M").replace(tzinfo=zone)
    return local.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def windows_in_utc(call: dict) -> dict[str, dict[str, str]]:
    """``{window: {opens, closes}}``"""
    zone = zone_of(call)
    return {
        name: {end: in_utc(window[end], zone) for end in ("opens", "closes")}
        for name, window in call["windows"].items()
    }


def zone_problem(call: dict) -> str | None:
    """What is wrong with a call's zone by this machine's table: unknown, or another offset than the call expects."""
    try:
        zone = zone_of(call)
    except ValueError as problem:
        return str(problem)
    when, offset = call["zone_check"]["when"], call["zone_check"]["offset"]
    told = datetime.strptime(when, "%Y-%m-%d %H:%M").replace(tzinfo=zone).strftime("%z")
    if told != offset:
        return f"zone_check.offset: expected {told} (by this machine's table of {call['zone']} at {when}), got {offset}"
    return None
