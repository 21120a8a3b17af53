# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Sizes of Apache's event MPM for a server's memory and processors."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r'''
name: event_mpm
short_description: Sizes of Apache's event MPM for a server
version_added: 0.1.0
description:
  - As many workers as the share of the memory holds, at most 1024 for each processor, within the bounds given, in
    whole processes. So many of them are kept spare that one source which holds all the connections it may leaves enough
    for others at once; Apache makes new processes far too slowly to do it then. It starts with as many.
options:
  _input:
    description:
      - C(memory_mb) and C(processors) of the server; C(share) of the memory for workers and C(worker_mb) for each;
        C(threads) of a process; C(held), the connections that one source may hold; bounds C(least) and C(most) of what
        is computed; C(wanted), if not 0, instead of it.
    type: dict
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Show the sizes for a server of 4 GiB
  ansible.builtin.debug:
    msg: >-
      {{ {'memory_mb': 4096, 'processors': 2, 'share': 0.5, 'worker_mb': 2, 'threads': 64, 'held': 512, 'least': 128,
          'most': 4096, 'wanted': 0} | iepc.prep.event_mpm }}
'''

RETURN = r'''
_value:
  description: What was given, and C(processes), C(workers), C(start), C(min_spare) and C(max_spare).
  type: dict
'''

WORKERS_PER_PROCESSOR = 1024


def event_mpm(given):
    """See DOCUMENTATION."""
    try:
        threads = int(given['threads'])
        fitting = int(int(given['memory_mb']) * float(given['share']) / int(given['worker_mb']))
        computed = max(min(fitting, int(given['processors']) * WORKERS_PER_PROCESSOR, int(given['most'])),
                       int(given['least']))
        processes = max((int(given['wanted']) or computed) // threads, 1)
        workers = processes * threads
        # Beside what one source holds, two processes' threads for readers.
        start = min(-(-int(given['held']) // threads) + 2, processes)
        min_spare = start * threads
        # Apache itself raises what is less than MinSpareThreads and one process more.
        max_spare = max(min(2 * min_spare, workers), min_spare + threads)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as problem:
        raise AnsibleFilterError('event_mpm: expected numbers, got %r (%s)' % (given, problem))
    return dict(given, processes=processes, workers=workers, start=start, min_spare=min_spare, max_spare=max_spare)


class FilterModule(object):
    def filters(self):
        return {'event_mpm': event_mpm}
