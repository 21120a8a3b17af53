# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Until when each system gets security updates at no charge, and who says so.

The one home of these dates: the control ``system.maintained`` judges by them, and the role
``repositories`` tells them.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

CENTOS = "https://www.centos.org/centos-linux-eol/"
STREAM = "https://www.centos.org/cl-vs-cs/"
ROCKY = "https://wiki.rockylinux.org/rocky/version/"
ALMA = "https://wiki.almalinux.org/release-notes/"
RHEL = "https://access.redhat.com/support/policy/updates/errata"
ORACLE = "https://www.oracle.com/a/ocom/docs/elsp-lifetime-069338.pdf"
DEBIAN = "https://wiki.debian.org/LTS"

# (id of os-release, major version) -> (last day, source).
DATES = {
    ("centos", "7"): ("2024-06-30", CENTOS),
    ("centos", "8"): ("2021-12-31", CENTOS),
    ("centos stream", "8"): ("2024-05-31", STREAM),
    ("centos stream", "9"): ("2027-05-31", STREAM),
    ("centos stream", "10"): ("2030-05-31", STREAM),
    ("rocky", "8"): ("2029-05-31", ROCKY),
    ("rocky", "9"): ("2032-05-31", ROCKY),
    ("rocky", "10"): ("2035-05-31", ROCKY),
    ("almalinux", "8"): ("2029-03-01", ALMA),
    ("almalinux", "9"): ("2032-05-31", ALMA),
    ("almalinux", "10"): ("2035-05-31", ALMA),
    ("rhel", "8"): ("2029-05-31", RHEL),
    ("rhel", "9"): ("2032-05-31", RHEL),
    ("rhel", "10"): ("2035-05-31", RHEL),
    ("ol", "8"): ("2029-07-31", ORACLE),
    ("ol", "9"): ("2032-06-30", ORACLE),
    ("ol", "10"): ("2035-06-30", ORACLE),
    # With the LTS team's updates, which come from the same archive.
    ("debian", "11"): ("2026-08-31", DEBIAN),
    ("debian", "12"): ("2028-06-30", DEBIAN),
    ("debian", "13"): ("2030-06-30", DEBIAN),
}


def maintained_until(system, version, name=""):
    """When a system's maintenance ends.

    :param system: ``ID`` of os-release(5).
    :param version: its ``VERSION_ID``.
    :param name: ``NAME`` or ``PRETTY_NAME``; CentOS Linux and CentOS Stream share the rest.
    :returns: (last day as YYYY-MM-DD, source), or None for a system that is not in the table.
    """
    if system == "centos" and "stream" in name.lower():
        system = "centos stream"
    return DATES.get((system, version.split(".")[0]))
