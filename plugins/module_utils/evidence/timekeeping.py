# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The server's clock, who keeps it right, and whether its time zone data are current."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import calendar
import os
import re
import time

from ansible_collections.iepc.prep.plugins.module_utils.evidence import services
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError

# Unit names by the service they are; the first one that is active counts.
KEEPERS = (
    ("chrony", ("chrony", "chronyd")),
    ("ntpd", ("ntp", "ntpd", "ntpsec")),
    ("systemd-timesyncd", ("systemd-timesyncd",)),
)
TRACKING = ("chronyc", "-n", "-c", "tracking")
SOURCES = ("chronyc", "-n", "-c", "sources")
NTP_VARIABLES = ("ntpq", "-c", "rv 0 leap,offset")


def commands(reader, options):
    """Commands worth starting ahead."""
    return [TRACKING, SOURCES]


def parse_tracking(text):
    """`chronyc -c tracking` -> (synchronized, offset_s).

    Field 5 is the system time's offset in seconds, the last one the leap status.
    """
    fields = text.strip().split(",")
    if len(fields) < 14:
        raise SourceError("chronyc -c tracking: %d fields, 14 expected" % len(fields))
    return fields[-1] != "Not synchronised" and fields[2] != "0", float(fields[4])


def parse_sources(text):
    """`chronyc -c sources` -> seconds between this clock and the source in use (`*`); None without one.

    In a container chronyd may not set the clock (option -x). It then takes its own corrections for done, and
    `tracking` tells 0 of a clock that is minutes off; the source's last sample tells what it is.
    """
    for line in text.splitlines():
        fields = line.split(",")
        if len(fields) >= 10 and fields[1] == "*":
            return float(fields[7])
    return None


def parse_ntp_variables(text):
    """`ntpq -c 'rv 0 leap,offset'` -> (synchronized, offset_s); ntpq gives milliseconds."""
    leap = re.search(r"leap=(\w+)", text)
    offset = re.search(r"offset=([-+.\d]+)", text)
    if not leap:
        raise SourceError("ntpq: no leap status in its answer")
    return leap.group(1) not in ("11", "alarm"), float(offset.group(1)) / 1000 if offset else None


def format_offset(seconds):
    """-21600 -> '-0600', as `date +%z` prints it."""
    sign = "-" if seconds < 0 else "+"
    minutes = abs(int(seconds)) // 60
    return "%s%02d%02d" % (sign, minutes // 60, minutes % 60)


def zone_offset(zone, reference):
    """UTC offset in seconds that libc gives for local time `reference` ('2027-06-06 20:00') in `zone`.

    libc, because that is what every program on the server goes by; the zone is
    only set for this process and put back. Not for use with threads.
    """
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = zone
        time.tzset()
        local = time.strptime(reference, "%Y-%m-%d %H:%M")
        moment = time.mktime(local[:8] + (-1,))
        return calendar.timegm(time.localtime(moment)) - int(moment)
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def collect_clock(look, options):
    """time.clock"""
    look.source("gettimeofday(2)")
    return {"epoch": time.time()}


def collect_sync(look, options):
    """time.sync"""
    states = services.states(look)
    service = None
    for name, units in KEEPERS:
        if any(states.get(unit, {}).get("active") == "active" for unit in units):
            service = name
            break
    value = {"service": service, "active": service is not None, "synchronized": None, "offset_s": None}
    if service == "chrony":
        value["synchronized"], pending = parse_tracking(look.must(TRACKING))
        measured = parse_sources(look.must(SOURCES))
        value["offset_s"] = max([pending, measured or 0.0], key=abs)
    elif service == "ntpd":
        value["synchronized"], value["offset_s"] = parse_ntp_variables(look.must(NTP_VARIABLES))
    elif service == "systemd-timesyncd":
        # Written at the first synchronisation since boot (systemd 239 and later).
        marker = "/run/systemd/timesync/synchronized"
        look.source(marker)
        value["synchronized"] = look.stat(marker) is not None
    return value


def collect_zone(look, options):
    """time.zone"""
    zone = options["public_zone"]
    reference = options["dst_reference"]
    data = os.path.join("/usr/share/zoneinfo", zone)
    look.source("TZ=%s libc for %s (%s)" % (zone, reference, data))
    if look.stat(data) is None:
        raise SourceError("%s: no time zone data" % data)
    return {
        "zone": zone,
        "reference": reference,
        "offset_" + reference[:4]: format_offset(zone_offset(zone, reference)),
    }
