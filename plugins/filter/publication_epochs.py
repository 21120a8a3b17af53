# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A call's hours of publication as the mirrors get them: in seconds since 1970."""

from __future__ import annotations

import datetime
import zoneinfo

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: publication_epochs
author: iepc.prep contributors (@iepc-prep)
short_description: When publication opens and closes and drills take place, in seconds since 1970
version_added: 0.1.0
description:
  - Works out, on the controller, what a call says in wall clock of its own zone. A server's table of time zones may be
    old, and Python 2.7 and 3.6 have none.
  - A drill lasts from the first to the last minute of each day that the call names for its stage C(drills).
options:
  _input:
    description: The call, as the lookup P(iepc.prep.call#lookup) gives it.
    type: dict
    required: true
  drills:
    description: More drills, each with C(opens) and C(closes) as C(YYYY-MM-DD HH:MM), in the call's zone.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Show when publication opens
  ansible.builtin.debug:
    msg: "{{ (lookup('iepc.prep.call', prep_call) | iepc.prep.publication_epochs).opening }}"
"""

RETURN = r"""
_value:
  description: C(opening) and C(closing), seconds since 1970, and C(drills), a list of starts and ends.
  type: dict
"""


def publication_epochs(call, drills=()):
    """See DOCUMENTATION."""
    try:
        zone = zoneinfo.ZoneInfo(str(call["zone"]))
    except zoneinfo.ZoneInfoNotFoundError as problem:
        raise AnsibleFilterError(f"publication_epochs: no time zone {call['zone']} on this control node") from problem
    windows = []
    for stage in call["stages"]:
        if stage["slug"] == "drills":
            for day in stage.get("dates") or []:
                start = datetime.date.fromisoformat(str(day))
                ends = (start, start + datetime.timedelta(days=1))
                windows.append([_epoch(f"{one} 00:00", zone, "stages") for one in ends])
    for number, drill in enumerate(drills):
        if not isinstance(drill, dict) or set(drill) != {"opens", "closes"}:
            raise AnsibleFilterError(f"prep_drills[{number}]: expected opens and closes, got {drill}")
        window = [_epoch(drill[name], zone, f"prep_drills[{number}].{name}") for name in ("opens", "closes")]
        if window[0] >= window[1]:
            said = f"expected a time after {drill['opens']}, got {drill['closes']}"
            raise AnsibleFilterError(f"prep_drills[{number}].closes: {said}")
        windows.append(window)
    hours = call["windows"]["publication"]
    return {
        "opening": _epoch(hours["opens"], zone, "windows"),
        "closing": _epoch(hours["closes"], zone, "windows"),
        "drills": sorted(windows),
    }


def _epoch(text, zone, name):
    try:
        wall = datetime.datetime.strptime(str(text), "%Y-%m-%d %H:%M")
    except ValueError:
        raise AnsibleFilterError(f"{name}: expected a wall clock YYYY-MM-DD HH:MM, got {text}") from None
    return int(wall.replace(tzinfo=zone).timestamp())


class FilterModule:
    """The filter, for Ansible."""

    def filters(self):
        """Names and functions."""
        return {"publication_epochs": publication_epochs}
