"""What an agent says of itself: robot or reader, which system and browser; by two lists that others maintain."""

from __future__ import annotations

import functools
import re

import crawleruseragents
import ua_parser
from ua_parser.core import Matcher, UserAgent
from ua_parser.loaders import load_lazy_builtins
from ua_parser.matchers import UserAgentMatcher
from ua_parser.regex import Resolver

# No agent is longer that means anything; a hostile one costs no more than this.
MOST = 600
# What a browser begins with; programs of old phones name a system all the same.
_BROWSER = re.compile(r"\A(?:Mozilla|Opera)/", re.ASCII)
# The institute's own eyes, and monitors that neither list has.
_OURS = re.compile(r"\A(?:prepctl|Prometheus|Monit|GoAccess|HeadlessChrome)\b", re.ASCII)
UNKNOWN, SILENT = "otro", "(sin agente)"


@functools.cache
def _parser() -> ua_parser.Parser:
    """Without the cache that the library's own has: an agent is asked for once, and remembered by who asks."""
    return ua_parser.Parser(Resolver(load_lazy_builtins()))


@functools.cache
def _crawlers() -> ua_parser.Parser:
    """One look for all patterns at once: as a regular expression they would take twenty times as long."""
    patterns: list[Matcher[UserAgent]] = [
        UserAgentMatcher(entry["pattern"], "robot") for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA
    ]
    return ua_parser.Parser(Resolver((patterns, [], [])))


def is_robot(agent: bytes) -> bool:
    """Whether no person reads by it: crawlers, monitors, programs, and who does not say."""
    text = agent[:MOST].decode("utf-8", "replace")
    crawlers, parser = _crawlers(), _parser()
    if not text or text == "-" or _OURS.search(text) or crawlers.parse_user_agent(text) is not None:
        return True
    found = parser.parse_device(text)
    if found is not None and found.family == "Spider":
        return True
    return not _BROWSER.match(text) and parser.parse_os(text) is None


def describe(agent: bytes) -> tuple[str, str]:
    """Return system and browser, without versions."""
    text = agent[:MOST].decode("utf-8", "replace")
    system, browser = _parser().parse_os(text), _parser().parse_user_agent(text)
    return system.family if system else UNKNOWN, _BROWSERS.get(browser.family, browser.family) if browser else UNKNOWN


# The same program under the names of its places.
_BROWSERS = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Mobile Safari": "Safari",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
}
