# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A moment as the clocks of a call's zone show it."""

from __future__ import annotations

import datetime
import zoneinfo

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: wall_clock
author: iepc.prep contributors (@iepc-prep)
short_description: A moment as the clocks of a time zone show it
version_added: 0.1.0
description:
  - Turns seconds since 1970 into C(2022-06-05T20:00:00-05:00). On the controller, since a server's table of time zones
    may be old.
options:
  _input:
    description: Seconds since 1970 (UTC).
    type: float
    required: true
  zone:
    description: The time zone's name, such as C(America/Monterrey).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say what time it is where the call is from
  ansible.builtin.debug:
    msg: "{{ now().timestamp() | iepc.prep.wall_clock('America/Monterrey') }}"
"""

RETURN = r"""
_value:
  description: Date, time and offset, to the second (ISO 8601).
  type: str
"""


def wall_clock(epoch, zone):
    """See DOCUMENTATION."""
    try:
        return datetime.datetime.fromtimestamp(int(float(epoch)), zoneinfo.ZoneInfo(str(zone))).isoformat()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as problem:
        raise AnsibleFilterError(f"wall_clock: {epoch!r} in zone {zone!r}: {problem}") from problem


class FilterModule:
    """The collection's filter."""

    def filters(self):
        return {"wall_clock": wall_clock}
