"""The same figures by another way, slowly: a regular expression on every line, and dictionaries.

Shares nothing with prepctl but the list of robots, which is data. Sessions are told from all page views of a reader
in order of time, as their definition says.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from prepctl.memory.agents import is_robot

LINE = re.compile(
    rb'^(\S+) \S+ \S+ \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-) '
    rb'"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)" "(?:[^"\\]|\\.)*" https? (\d+) (\d+) (\d+) \d{13}$'
)
PAGE = re.compile(rb"^GET [^ ?]*(?:/|/[^./? ]+|\.(?:html?|xhtml|shtml|php|aspx?|jsp))(?:\?\S*)? HTTP/")
GAP_S = 1800


def count(lines: Iterable[bytes]) -> dict[str, object]:
    """Figures of lines."""
    found: Counter[str] = Counter()
    status: Counter[int] = Counter()
    pages: Counter[bytes] = Counter()
    views: dict[tuple[bytes, bytes], list[int]] = defaultdict(list)
    robots: dict[bytes, bool] = {}
    for line in lines:
        found["lines"] += 1
        match = LINE.match(line.rstrip(b"\n"))
        try:
            at = match and int(datetime.strptime(match[2].decode(), "%d/%b/%Y:%H:%M:%S %z").timestamp())
        except ValueError:
            at = None
        if match is None or at is None:
            found["rejected"] += 1
            continue
        found["hits"] += 1
        found["bytes"] += int(match[9])
        found["body"] += 0 if match[5] == b"-" else int(match[5])
        status[int(match[4])] += 1
        agent = match[7]
        if agent not in robots:
            robots[agent] = is_robot(agent)
        found["robots"] += robots[agent]
        if not robots[agent] and match[4] in (b"200", b"304") and PAGE.match(match[3]):
            found["pages"] += 1
            pages[match[3].split(b" ")[1].split(b"?")[0]] += 1
            views[match[1], agent].append(at)
    visits = 0
    for times in views.values():
        times.sort()
        visits += 1 + sum(later - earlier >= GAP_S for earlier, later in zip(times, times[1:], strict=False))
    return {
        **{name: found[name] for name in ("lines", "hits", "rejected", "bytes", "body", "robots", "pages")},
        "visits": visits, "visitors": len(views), "status": dict(sorted(status.items())), "top": pages.most_common(5),
    }  # fmt: skip
