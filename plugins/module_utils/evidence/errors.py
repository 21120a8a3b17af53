# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Why a source could not be read."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class SourceError(Exception):
    """A source that could not be read; its text is the reason shown in the report."""


class MissingCommand(SourceError):
    """The program is not on the server (fixed PATH)."""


class MissingFile(SourceError):
    """The file is not on the server."""
