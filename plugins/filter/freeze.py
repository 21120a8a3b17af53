# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a call freezes the servers now."""

from __future__ import annotations

from datetime import datetime, timezone

from ansible.errors import AnsibleFilterError
from ansible_collections.iepc.prep.plugins.plugin_utils import freeze as rule

DOCUMENTATION = """
  name: freeze
  version_added: 0.1.0
  short_description: Whether a call freezes the servers now
  description:
    - From the eve of an election to its end nothing on a diffuser is changed. A call sets the days as
      C(windows.freeze); without it they are from 00:00 of the day before publication opens until it closes.
    - The controller's clock decides, in UTC; a server's may be wrong.
  options:
    _input:
      description: The call, as the lookup P(iepc.prep.call#lookup) gives it.
      type: dict
      required: true
  author:
    - iepc.prep contributors (@iepc-prep)
"""

EXAMPLES = """
- ansible.builtin.debug:
    msg: "{{ lookup('iepc.prep.call', prep_call) | iepc.prep.freeze }}"
"""

RETURN = """
  _value:
    description: C(active), and C(opens) and C(closes) as wall clocks in C(zone).
    type: dict
    sample: {active: false, opens: "2022-06-04 00:00", closes: "2022-06-06 20:00", zone: America/Monterrey}
"""


def freeze(call):
    """See DOCUMENTATION."""
    try:
        return rule.freeze(call, datetime.now(timezone.utc))
    except (KeyError, TypeError, ValueError) as problem:
        raise AnsibleFilterError(f"freeze: {problem}") from problem


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Name -> function."""
        return {"freeze": freeze}
