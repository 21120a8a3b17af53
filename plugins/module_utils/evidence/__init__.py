# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Collectors and pure parsers behind the evidence modules.

Every file here holds pure functions (text -> value) and, where it reads a
server, one ``collect`` per item that does its I/O only through a ``Look``
(see items.py), so that tests feed recorded outputs. Python 2.7 and 3.6-3.13,
standard library only.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type
