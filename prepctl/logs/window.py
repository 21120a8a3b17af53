"""From when to when logs are collected, by the call's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.iepc.prep.plugins.plugin_utils.call_times import zone_of

from prepctl.errors import PrepctlError

# The window of the call that clause IV is about; it has publication in its middle, days around it.
WINDOW = "access_logs"
FORMAT = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Window:
    """Both ends in seconds since 1970, the last one included."""

    since: int
    until: int
    zone: str
    name: str
    """What the directory is called: the call's, or the window's ends."""

    def as_dict(self) -> dict[str, Any]:
        """As it stands in the inventory: seconds, and the wall clock of the call's zone with its offset."""
        return {"since": self.since, "until": self.until, "zone": self.zone, **self.told()}

    def told(self) -> dict[str, str]:
        zone = ZoneInfo(self.zone)
        ends = {"opens": self.since, "closes": self.until}
        return {name: datetime.fromtimestamp(end, zone).isoformat(timespec="seconds") for name, end in ends.items()}


def resolve(call: dict[str, Any], since: str | None, until: str | None, now: float) -> Window:
    """The window of a call, or the one asked for.

    :param since: wall clock in the call's zone, a day, or a time with an offset; the call's own if None.
    :param until: likewise; a day is meant whole.
    :raises PrepctlError: no time, ends that are not in order, or a window that has not begun.
    """
    zone = zone_of(call)
    hours = call["windows"][WINDOW]
    # What the call says is a minute, all of it.
    closes = int(_wall(hours["closes"], zone).timestamp()) + 59
    start = moment("--since", since, zone, last=False) if since else int(_wall(hours["opens"], zone).timestamp())
    to_now = until is None and closes <= start
    end = moment("--until", until, zone, last=True) if until else int(now) if to_now else closes
    if start > now:
        raise PrepctlError(
            f"the window opens at {_told(start, zone)}, and it is {_told(now, zone)}: nothing to collect"
        )
    if start >= end:
        raise PrepctlError(f"--until: expected a time after {_told(start, zone)}, got {_told(end, zone)}")
    name = str(call["id"])
    if since or until:
        name = f"{_stamp(start, zone)}-{'now' if to_now else _stamp(end, zone)}"
    return Window(start, end, str(call["zone"]), name)


def moment(option: str, text: str, zone: ZoneInfo, *, last: bool) -> int:
    """Seconds since 1970 of a time as a person writes it.

    :param last: whether a day or a minute means its last second.
    """
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise PrepctlError(
            f'{option}: expected "YYYY-MM-DD HH:MM", a day, or a time with its offset, got {text}'
        ) from None
    if last and len(text.strip()) == len("YYYY-MM-DD"):
        found += timedelta(days=1, seconds=-1)
    return int((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp())


def _wall(text: str, zone: ZoneInfo) -> datetime:
    return datetime.strptime(text, FORMAT).replace(tzinfo=zone)


def _told(epoch: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(epoch, zone).isoformat(sep=" ", timespec="minutes")


def _stamp(epoch: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(epoch, zone).strftime("%Y%m%dT%H%M")
