"""The document of an outlet: the four parts of clause IV, and how it was counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from prepctl.memory import baseline as baselines
from prepctl.memory import blocks, plots, words
from prepctl.memory.baseline import Baseline
from prepctl.memory.blocks import Block
from prepctl.memory.figures import AFTER, BEFORE, Figures, Window
from prepctl.memory.incidents import KINDS, NONE, NOTICE, OLD_CUT, Happening, Told
from prepctl.memory.pseudonyms import Pseudonyms
from prepctl.memory.words import Words, millis, number, share, size, span

# Rows of a timeline on paper; the table has all.
SHOWN_INCIDENTS, SHOWN_HARMLESS = 40, 8
SHOWN_FILES = 60
_SEARCH = ("google.", "bing.com", "duckduckgo.", "yahoo.", "ecosia.", "yandex.", "baidu.", "android-app://com.google.")
_SOCIAL = (
    "facebook.",
    "t.co",
    "twitter.",
    "x.com",
    "instagram.",
    "whatsapp.",
    "tiktok.",
    "youtube.",
    "linkedin.",
    "reddit.",
    "telegram.",
    "t.me",
)


@dataclass
class Outlet:
    """All that is told of one outlet."""

    name: str
    title: str
    figures: Figures
    told: Told
    happenings: list[Happening]
    baseline: Baseline | None = None
    comments: list[Block] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    portals: list[str] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    declared_mbit_s: float | None = None


@dataclass
class Setting:
    """What all documents of a run share."""

    window: Window
    words: Words
    who: str
    call: str
    made: int
    pseudonyms: Pseudonyms
    freshness_s: float = 60

    def moment(self, epoch: float | None, *, seconds: bool = False) -> str:
        return "–" if epoch is None else self.words.moment(self.window.local(epoch), seconds=seconds)

    def lines(self) -> list[str]:
        """What stands below a title."""
        w = self.words
        offset = self.window.local(self.window.since).utcoffset()
        zone = f"UTC{(offset.total_seconds() if offset else 0) / 3600:+g}"
        period = w("window", since=self.moment(self.window.since), until=self.moment(self.window.until))
        return [
            one
            for one in (self.call, f"{period} ({self.window.zone}, {zone})", w("made", when=self.moment(self.made)))
            if one
        ]


def outlet(one: Outlet, setting: Setting) -> Block:
    """The document of an outlet."""
    w = setting.words
    parts = [
        *summary(one.figures, setting),
        blocks.heading(w("section_1")),
        *access(one, setting),
        blocks.heading(w("section_2")),
        *incidents(one, setting),
        blocks.heading(w("section_3")),
        *comparison(one, setting),
        blocks.heading(w("section_4")),
        *(one.comments or [blocks.paragraph(w("no_comments"))]),
        blocks.heading(w("annex")),
        *annex(one, setting),
    ]
    return {"title": w("title"), "subtitle": one.title, "who": setting.who, "lines": setting.lines(), "blocks": parts}


def summary(figures: Figures, setting: Setting) -> list[Block]:
    """What is asked first."""
    w, t = setting.words, figures.totals

    def at(value: str, epoch: float | None) -> str:
        if epoch is None:
            return value
        local = setting.window.local(epoch)
        return w("at", value=value, when=f"{local:%d/%m %H:%M}")

    return [
        blocks.facts(
            [
                (w("visits"), number(t["visits"])),
                (w("pages"), number(t["pages"])),
                (w("hits"), number(t["hits"])),
                (w("visitors"), number(t["visitors"])),
                (w("bytes"), size(t["bytes"])),
                (w("robots"), number(t["robots"])),
                (w("peak_minute"), at(number(t["peak_minute_hits"]), t["peak_minute"])),
                (w("peak_band"), at(f"{t['peak_mbit_s']:,.1f} Mbit/s", t["peak_bytes_minute"])),
                (w("readers_at_peak"), number(t["readers_at_peak"])),
            ]
        )
    ]


def day_labels(window: Window) -> list[tuple[int, str]]:
    """Where days begin among the hours."""
    first = window.hours()[0]
    return [
        (max(0, (begin - first) // 3600), f"{window.local(max(begin, window.since)):%d/%m}")
        for _day, begin, _end in window.days()
    ]


def load_plot(figures: Figures, setting: Setting) -> Block:
    """Requests per hour, robots apart, with the opening and the close."""
    w, window = setting.words, setting.window
    hits = [row["hits"] for row in figures.hours]
    robots = [row["robots"] for row in figures.hours]
    first = window.hours()[0]
    marks = [
        ((epoch - first) / 3600, w(key))
        for epoch, key in ((window.opening, "opens"), (window.closing, "closes"))
        if epoch is not None and window.since <= epoch <= window.until
    ]
    svg = plots.stretch(
        hits, robots, _thinned(day_labels(window)), w("per_hour"), w("hits"), (w("by_readers"), w("by_robots")), marks
    )
    return blocks.plot(svg, w("per_hour"))


def _thinned(labels: list[tuple[int, str]], most: int = 12) -> list[tuple[int, str]]:
    step = -(-len(labels) // most)
    return labels[::step] if step > 1 else labels


def cuts_plot(figures: Figures, setting: Setting) -> Block:
    """Pages per minute around a cut, with what kind of cut it was."""
    w = setting.words
    caption = w("around_drill_cut" if setting.window.drill else "around_cut", n=len(figures.cuts))
    curve = plots.curve(figures.around, -BEFORE, caption, w("pages"), w("minutes_from_cut"), w("cut_published"))
    return blocks.plot(curve, caption)


def access(one: Outlet, setting: Setting) -> list[Block]:
    """IV.1."""
    w, figures, t = setting.words, one.figures, one.figures.totals
    found = [load_plot(figures, setting), days_table(figures, setting)]
    if figures.cuts:
        found.append(cuts_plot(figures, setting))
        busiest = sorted(figures.cuts, key=lambda cut: (-cut["after"], cut["published"]))[:10]
        found.append(
            blocks.table(
                [w("cut"), w("published"), w("pages_before", n=BEFORE), w("pages_after", n=AFTER), w("pages_peak")],
                [
                    [
                        cut["clock"],
                        f"{setting.window.local(cut['published']):%d/%m %H:%M:%S}",
                        number(cut["before"]),
                        number(cut["after"]),
                        number(cut["peak"]),
                    ]
                    for cut in busiest
                ],
            )
        )
    else:
        found.append(blocks.paragraph(w("no_cuts")))
    found.append(
        blocks.facts(
            [
                (w("visit_length"), span(t["visit_seconds"])),
                (w("p50"), millis(t["p50_ms"])),
                (w("p95"), millis(t["p95_ms"])),
                (w("refused"), f"{number(t['refused'])} ({share(t['refused'], t['hits'])})"),
                (w("failed"), f"{number(t['failed'])} ({share(t['failed'], t['hits'])})"),
                (
                    w("peak_second"),
                    w(
                        "at",
                        value=number(t["peak_second_hits"]),
                        when=f"{setting.window.local(t['peak_second']):%d/%m %H:%M:%S}",
                    )
                    if t["peak_second"]
                    else "–",
                ),
            ]
        )
    )
    found += [
        blocks.heading(w("what_was_asked"), 3),
        blocks.table(
            [w("kind"), w("hits"), w("bytes")],
            [[w(f"kind_{kind}"), number(hits), size(sent)] for kind, hits, sent in figures.kinds],
        ),
    ]
    found += [
        blocks.heading(w("status_codes"), 3),
        blocks.table(
            [w("code"), w("meaning"), w("all_requests"), w("by_robots")],
            [[str(code), w.status(code), number(count), number(robots)] for code, count, robots in figures.status],
            "llrr",
        ),
    ]
    if figures.pages:
        found += [blocks.heading(w("top_pages"), 3), _counted(w, w("page"), figures.pages, t["pages"])]
    if figures.referers:
        found += [blocks.heading(w("referrers"), 3), referrers(one, setting)]
    if figures.systems:
        found += [
            blocks.heading(w("systems_browsers"), 3),
            _counted(w, w("system"), figures.systems[:8], sum(count for _name, count in figures.systems)),
            _counted(w, w("browser"), figures.browsers[:8], sum(count for _name, count in figures.browsers)),
        ]
    if figures.robots:
        found += [blocks.heading(w("robots_apart"), 3), _counted(w, w("robot"), figures.robots[:10], t["robots"])]
    if figures.missing:
        found += [blocks.heading(w("not_found"), 3), _counted(w, w("page"), figures.missing[:10], None)]
    return found


def days_table(figures: Figures, setting: Setting) -> Block:
    w = setting.words
    timed = any(row.get("p95_ms") is not None for row in figures.days)
    head = [w("day"), w("visits"), w("visitors"), w("pages"), w("hits"), w("robots"), w("bytes")]
    rows = []
    for row in figures.days:
        cells = [
            w.day(row["day"]),
            *(number(row[name]) for name in ("visits", "visitors", "pages", "hits", "robots")),
            size(row["bytes"]),
        ]
        rows.append(cells + ([f"{millis(row['p50_ms'])} / {millis(row['p95_ms'])}"] if timed else []))
    return blocks.table(head + (["p50 / p95"] if timed else []), rows)


def _counted(w: Words, title: str, rows: list[tuple[str, int]], whole: int | None) -> Block:
    head = [title, w("count")] + ([w("share")] if whole is not None else [])
    return blocks.table(
        head,
        [
            [text[:100] or "-", number(count)] + ([share(count, whole)] if whole is not None else [])
            for text, count in rows
        ],
    )


def referrers(one: Outlet, setting: Setting) -> Block:
    """Hosts that readers came from, the portals of outlets named as such."""
    w, figures = setting.words, one.figures
    whole = sum(count for _host, count in figures.referers)
    rows = []
    for host, count in figures.referers[:15]:
        kind = kind_of_referrer(host, figures.own_hosts, one.portals)
        rows.append(
            [host if host != "-" else w("direct"), "" if host == "-" else w(kind), number(count), share(count, whole)]
        )
    return blocks.table([w("referrer"), w("kind"), w("pages"), w("share")], rows, "llrr")


def kind_of_referrer(host: str, own: list[str], portals: list[str]) -> str:
    if host in own:
        return "own_site"
    if host in portals:
        return "portal"
    if any(host.startswith(word) or f".{word}" in f".{host}" for word in _SEARCH):
        return "search"
    if any(
        host == word or host.endswith(f".{word}") or f".{word}" in f".{host}." and word.endswith(".")
        for word in _SOCIAL
    ):
        return "social"
    return "portal"


def effect(one: Happening, setting: Setting) -> str:
    """What readers noticed, in words."""
    w = setting.words
    until = one.until if one.until is not None else min(setting.window.until, setting.made)
    return w(f"effect_{one.effect}", time=span(max(0.0, until - one.at)))


def detail(one: Happening, setting: Setting) -> str:
    """More of it, addresses under other names."""
    w, parts = setting.words, []
    if one.kind == "gap":
        parts.append(w("gap_detail", rate=one.detail))
    else:
        if one.count > 1 or one.kind in ("ban", "waf"):
            parts.append(w("once") if one.count == 1 else w("times", n=number(one.count)))
        if one.addresses:
            parts.append(w("from_address") if one.addresses == 1 else w("from_addresses", n=number(one.addresses)))
        if one.detail:
            parts.append(setting.pseudonyms.text(one.detail))
    return "; ".join(parts)


def worst_first(happenings: list[Happening]) -> list[Happening]:
    """What kept results from readers comes first, then by length and count; for choosing, not for telling."""

    def weight(one: Happening) -> tuple[float, ...]:
        length = (one.until or one.at) - one.at if one.until is not None else 9e9
        return (
            one.effect == NONE,
            one.effect in (OLD_CUT, NOTICE),
            -length if one.effect != NONE else 0,
            -one.count,
            one.at,
        )

    return sorted(happenings, key=weight)


def timeline(happenings: list[Happening], setting: Setting, *, named: bool = False) -> list[Block]:
    """The incidents in the order of time."""
    w = setting.words
    if not happenings:
        return [blocks.paragraph(w("no_incidents"))]
    ranked = worst_first(happenings)
    chosen = [one for one in ranked if one.effect != NONE][:SHOWN_INCIDENTS]
    chosen += [one for one in ranked if one.effect == NONE][:SHOWN_HARMLESS]
    shown = sorted(chosen, key=lambda one: (one.at, one.outlet))
    found = []
    if len(shown) < len(happenings):
        found.append(blocks.paragraph(w("timeline_more", shown=len(shown), all=number(len(happenings)))))
    rows = []
    for one in shown:
        until = w("open") if one.until is None else f"{setting.window.local(one.until):%d/%m %H:%M}"
        rows.append(
            [
                f"{setting.window.local(one.at):%d/%m %H:%M}",
                until,
                *([one.outlet] if named else []),
                w.kind(one.kind),
                detail(one, setting),
                effect(one, setting),
            ]
        )
    head = [w("since"), w("until"), *([w("outlet")] if named else []), w("what"), w("detail"), w("effect")]
    widths = [0, 0, *([0] if named else []), 3, 5, 3]
    found.append(blocks.table(head, rows, "l" * len(head), small=True, widths=widths))
    return found


def incidents(one: Outlet, setting: Setting) -> list[Block]:
    """IV.2."""
    w, told = setting.words, one.told
    found = timeline(one.happenings, setting)
    facts = [(w("bans"), number(told.bans)), (w("banned"), number(len(told.banned))), (w("waf"), number(told.refused))]
    if one.lags:
        late = sum(lag > setting.freshness_s for lag in one.lags)
        facts += [
            (w("lag_median"), f"{one.lags[len(one.lags) // 2]:.1f} s"),
            (w("lag_worst"), f"{one.lags[-1]:.1f} s"),
            (w("lag_late", limit=f"{setting.freshness_s:.0f}"), w("of_cuts", n=late, all=len(one.lags))),
        ]
    found.append(blocks.facts(facts))
    if told.by_jail:
        found.append(_counted(w, w("jail"), told.by_jail.most_common(10), None))
    if told.rules:
        found.append(_counted(w, w("rule"), told.rules.most_common(10), None))
    missing = [kind for kind in KINDS if kind not in told.lines]
    if missing:
        found.append(blocks.note(w("no_sources", kinds=", ".join(missing))))
    return found


def comparison(one: Outlet, setting: Setting) -> list[Block]:
    """IV.3."""
    w, base, figures = setting.words, one.baseline, one.figures
    if base is None:
        return [blocks.paragraph(w("no_baseline"))]
    found = [blocks.paragraph(w("baseline_logs", days=base.days) if base.days else w("baseline_declared"))]
    names = [name for name in baselines.NAMES if getattr(base, name)]
    head = [w("day")]
    for name in names:
        head += [w(name), w("times_normal")]
    rows = [
        [w.day(row["day"]), *(cell for name in names for cell in (number(row[name]), times(row[f"{name}_ratio"])))]
        for row in baselines.rows(base, figures)
    ]
    count = (setting.window.until + 1 - setting.window.since) / 86400
    whole = [w("whole_window")]
    for name in names:
        whole += [number(figures.totals[name]), times(base.ratio(name, figures.totals[name], count))]
    average = [w("average_day"), *(cell for name in names for cell in (number(getattr(base, name)), "1.0 ×"))]
    measure = "pages" if "pages" in names else names[0]
    svg = plots.pairs(
        [f"{row['day'][8:]}/{row['day'][5:7]}" for row in figures.days],
        [row[measure] for row in figures.days],
        [getattr(base, measure)] * len(figures.days),
        w(measure),
        w(measure),
        (w("election"), w("normal")),
    )
    return [*found, blocks.plot(svg, w(measure)), blocks.table(head, [*rows, whole, average])]


def times(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:,.1f} ×"


def annex(one: Outlet, setting: Setting) -> list[Block]:
    """Definitions, differences, sources, privacy."""
    w, t = setting.words, one.figures.totals
    found = [
        blocks.heading(w("method"), 3),
        blocks.items(w.of(text) for text in words.DEFINITIONS),
        blocks.heading(w("differences"), 3),
        blocks.items(w.of(text) for text in words.DIFFERENCES),
        blocks.heading(w("files"), 3),
        blocks.paragraph(
            w(
                "balance",
                lines=number(t["lines"]),
                hits=number(t["lines"] - t["rejected"]),
                rejected=number(t["rejected"]),
            )
        ),
        blocks.facts(
            [
                (w("lines"), number(t["lines"])),
                (w("rejected"), number(t["rejected"])),
                (w("outside"), number(t["outside"])),
            ]
        ),
    ]
    if t["unknown_readers"]:
        found.append(blocks.note(w("unknown_readers", n=number(t["unknown_readers"]))))
    if one.files:
        rows = [
            [entry["path"], size(entry["size"]) if entry.get("size") is not None else "–", entry.get("sha256") or "–"]
            for entry in one.files[:SHOWN_FILES]
        ]
        found.append(blocks.table([w("file"), w("size"), "SHA-256"], rows, "lrl", small=True))
    if one.problems:
        found += [
            blocks.heading(w("problems"), 3),
            blocks.items(setting.pseudonyms.text(text) for text in one.problems[:20]),
        ]
    return [*found, blocks.heading(w("privacy"), 3), blocks.paragraph(w("privacy_text"))]
