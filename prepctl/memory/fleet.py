"""The document of all diffusers together, with what follows from the figures for the next call."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from prepctl.memory import blocks, document, plots
from prepctl.memory.blocks import Block
from prepctl.memory.document import Outlet, Setting, times
from prepctl.memory.figures import AFTER, BEFORE, Figures
from prepctl.memory.incidents import KINDS, NO_RESULTS, Happening
from prepctl.memory.words import number, share, size, span

# What is measured on one night is not the most that can come.
MARGIN = 2
READERS = 1000
# How many times its share an outlet carries before that is told as uneven.
UNEVEN = 1.5
# Rows of the map of load; those with the most requests.
MAPPED = 40

ADVICE = {
    "band": (
        "Ancho de banda por lector esperado: en el minuto de mayor tráfico ({when}) {readers} lectores simultáneos "
        "recibieron {mbit} Mbit/s en conjunto, {kbit} kbit/s cada uno. "
        "Pedir {need} Mbit/s por cada {unit} lectores simultáneos esperados (lo medido por {margin}).",
        "Bandwidth per expected reader: in the minute of most traffic ({when}) {readers} readers at once received "
        "{mbit} Mbit/s together, {kbit} kbit/s each. "
        "Ask for {need} Mbit/s for each {unit} readers expected at once (what was measured times {margin}).",
    ),
    "band_outlet": (
        "Medio con mayor demanda: {outlet}, {mbit} Mbit/s en su minuto pico; con el mismo margen, {need} Mbit/s.",
        "Outlet with the highest demand: {outlet}, {mbit} Mbit/s in its busiest minute; with the same margin, {need} "
        "Mbit/s.",
    ),
    "visit": (
        "Una visita recibió en promedio {size} y vio {pages} páginas; {reused} de las respuestas 200 y 304 fueron 304 "
        "(el lector ya tenía el archivo). "
        "Lo que más pesa: {heavy} ({heavy_share} de los datos).",
        "A visit received {size} on average and saw {pages} pages; {reused} of the answers 200 and 304 were 304 (the "
        "reader had the file). "
        "What weighs most: {heavy} ({heavy_share} of the data).",
    ),
    "hours": (
        "La mitad de las visitas llegó en {hours} horas, entre el {since} y el {until}: en ellas deben estar "
        "disponibles los contactos técnicos.",
        "Half of the visits came in {hours} hours, between {since} and {until}: technical contacts have to be at hand "
        "in them.",
    ),
    "load": (
        "Reparto de la carga: {outlet} atendió {share} de las solicitudes de {count} medios ({times} veces lo que le "
        "tocaría). {remark}",
        "Spread of load: {outlet} served {share} of the requests of {count} outlets ({times} times its share). "
        "{remark}",
    ),
    "uneven": (
        "Conviene rotar el orden de la lista oficial o enlazar a un difusor al azar.",
        "Rotate the order of the official list, or link to a diffuser by chance.",
    ),
    "even": ("El reparto fue parejo.", "Load was spread evenly."),
    "lag": (
        "Peor retraso de un corte: {worst} s en {outlet} (mediana de todos: {median} s; límite: {limit} s). {late} de "
        "{all} entregas pasaron del límite.",
        "Worst lag of a cut: {worst} s at {outlet} (median of all: {median} s; limit: {limit} s). {late} of {all} "
        "deliveries were over the limit.",
    ),
    "no_lag": (
        "No hay registro de entregas, así que el retraso de los cortes no consta.",
        "There is no record of deliveries, so the lag of cuts is not known.",
    ),
    "cuts": (
        "Efecto de los cortes: {after} páginas por minuto en los {m} minutos siguientes contra {before} en los "
        "{n} previos ({times}).",
        "Effect of cuts: {after} pages a minute in the {m} minutes after, against {before} in the {n} before "
        "({times}).",
    ),
    "bans": (
        "Intentos hostiles: {bans} bloqueos de {addresses} direcciones y {waf} solicitudes rechazadas por el "
        "cortafuegos web; el medio con más: {outlet} ({most} bloqueos). "
        "{everywhere} direcciones fueron bloqueadas en más de un medio: {remark}.",
        "Hostile attempts: {bans} bans of {addresses} addresses and {waf} requests refused by the web firewall; most "
        "at {outlet} ({most} bans). "
        "{everywhere} addresses were banned at more than one outlet: {remark}.",
    ),
    "share_bans": (
        "compartir los bloqueos entre difusores los habría detenido antes",
        "sharing bans among diffusers would have stopped them sooner",
    ),
    "no_share": ("compartir bloqueos no habría ayudado", "sharing bans would not have helped"),
    "robots": (
        "Los robots hicieron {share} de las solicitudes; no cuentan como visitas.",
        "Robots made {share} of the requests; they do not count as visits.",
    ),
    "down": ("Sin resultados a la vista: {list}.", "No results to be seen: {list}."),
    "no_down": (
        "Ningún medio dejó de mostrar resultados según los registros.",
        "By the logs no outlet failed to show results.",
    ),
    "logs": (
        "Registros que faltan: {list}. La próxima convocatoria debe pedirlos desde la entrega del servidor.",
        "Logs that are missing: {list}. The next call should ask for them from the handover of the server on.",
    ),
    "baseline": (
        "Sin promedio normal: {list}. Pedir los promedios de visitas, páginas y solicitudes junto con la carta "
        "compromiso.",
        "Without a normal average: {list}. Ask for the averages of visits, pages and requests with the written "
        "commitment.",
    ),
}


@dataclass
class Fleet:
    """All outlets."""

    figures: Figures
    outlets: list[Outlet]
    happenings: list[Happening] = field(default_factory=list)
    """Those of no outlet: the origin's."""


def render(fleet: Fleet, setting: Setting) -> Block:
    """The document of the fleet."""
    w, figures = setting.words, fleet.figures
    happenings = [one for outlet in fleet.outlets for one in outlet.happenings] + fleet.happenings
    parts = [
        *document.summary(figures, setting),
        blocks.heading(w("outlets"), 3),
        _outlets(fleet, setting),
        blocks.heading(w("section_1")),
        document.load_plot(figures, setting),
        load_map(fleet, setting),
        document.days_table(figures, setting),
    ]
    if figures.cuts:
        parts.append(document.cuts_plot(figures, setting))
    whole = Outlet(
        "",
        w("fleet"),
        figures,
        fleet.outlets[0].told,
        [],
        portals=sorted({host for one in fleet.outlets for host in one.portals}),
    )
    portals = portal_rows(whole, setting)
    if portals:
        parts += [blocks.heading(w("portals"), 3), blocks.table([w("referrer"), w("pages"), w("share")], portals)]
    if figures.systems:
        total = sum(count for _name, count in figures.systems)
        parts += [
            blocks.heading(w("systems_browsers"), 3),
            blocks.table(
                [w("system"), w("count"), w("share")],
                [[name, number(count), share(count, total)] for name, count in figures.systems[:8]],
            ),
        ]
    parts += [
        blocks.heading(w("section_2")),
        *document.timeline(happenings, setting, named=True),
        blocks.heading(w("section_3")),
        *_comparison(fleet, setting),
        blocks.heading(w("section_4")),
        *_comments(fleet, setting),
        blocks.heading(w("recommendations")),
        blocks.items(advice(fleet, setting)),
        blocks.heading(w("annex")),
        *document.annex(whole, setting),
    ]
    return {
        "title": w("fleet_title"),
        "subtitle": w("fleet"),
        "who": setting.who,
        "lines": setting.lines(),
        "blocks": parts,
    }


def portal_rows(one: Outlet, setting: Setting) -> list[list[str]]:
    """Hosts that are portals: neither the sites themselves nor search engines nor social networks."""
    whole = sum(count for _host, count in one.figures.referers)
    found = [
        (host, count)
        for host, count in one.figures.referers
        if host != "-" and document.kind_of_referrer(host, one.figures.own_hosts, one.portals) == "portal"
    ]
    return [[host, number(count), share(count, whole)] for host, count in found[:15]]


def _outlets(fleet: Fleet, setting: Setting) -> Block:
    w = setting.words
    rows = []
    for one in sorted(fleet.outlets, key=lambda one: (-one.figures.totals["visits"], one.title)):
        t = one.figures.totals
        rows.append(
            [
                one.title,
                number(t["visits"]),
                number(t["pages"]),
                number(t["hits"]),
                size(t["bytes"]),
                f"{t['peak_mbit_s']:,.1f}",
                f"{one.lags[-1]:.1f} s" if one.lags else "–",
                number(one.told.bans),
                _minutes_down(one, setting),
            ]
        )
    head = [
        w("outlet"),
        w("visits"),
        w("pages"),
        w("hits"),
        w("bytes"),
        "Mbit/s",
        w("lag_worst"),
        w("bans"),
        w("effect_no_results", time=""),
    ]
    return blocks.table(head, rows, small=True)


def load_map(fleet: Fleet, setting: Setting) -> Block:
    """Who carried how much when."""
    w = setting.words
    ranked = sorted(fleet.outlets, key=lambda one: (-one.figures.totals["hits"], one.title))[:MAPPED]
    rows = [(one.title, [row["hits"] for row in one.figures.hours]) for one in ranked]
    labels = document.day_labels(setting.window)
    return blocks.plot(plots.heat(rows, labels[:: -(-len(labels) // 12)], w("load_map"), w("hits")), w("load_map"))


def seconds_down(one: Outlet, setting: Setting) -> float:
    """How long an outlet showed no results, however many records tell it."""
    stretches = sorted(
        (max(happening.at, setting.window.since), min(happening.until or setting.window.until, setting.window.until))
        for happening in one.happenings
        if happening.effect == NO_RESULTS
    )
    total, reached = 0.0, -math.inf
    for since, until in stretches:
        total += max(0.0, until - max(since, reached))
        reached = max(reached, until)
    return total


def _minutes_down(one: Outlet, setting: Setting) -> str:
    seconds = seconds_down(one, setting)
    return span(seconds) if seconds else "0"


def _comparison(fleet: Fleet, setting: Setting) -> list[Block]:
    w = setting.words
    count = (setting.window.until + 1 - setting.window.since) / 86400
    rows = []
    for one in fleet.outlets:
        if one.baseline is not None:
            best = max((one.baseline.ratio("pages", row["pages"]) or 0 for row in one.figures.days), default=0)
            rows.append(
                [
                    one.title,
                    *(
                        times(one.baseline.ratio(name, one.figures.totals[name], count))
                        for name in ("visits", "pages", "hits")
                    ),
                    times(best or None),
                ]
            )
    if not rows:
        return [blocks.paragraph(w("no_baseline"))]
    most = "máximo de un día (páginas)" if w.lang == "es" else "best day (pages)"
    return [blocks.table([w("outlet"), w("visits"), w("pages"), w("hits"), most], rows)]


def _comments(fleet: Fleet, setting: Setting) -> list[Block]:
    found: list[Block] = []
    for one in fleet.outlets:
        if one.comments:
            found += [blocks.heading(one.title, 3), *one.comments]
    return found or [blocks.paragraph(setting.words("no_comments"))]


def advice(fleet: Fleet, setting: Setting) -> list[str]:
    """What follows for the next call; every sentence from a figure."""
    w, figures, t, outlets = setting.words, fleet.figures, fleet.figures.totals, fleet.outlets

    def say(key: str, **values: object) -> str:
        return w.of(ADVICE[key]).format(**values)

    found = []
    if t["readers_at_band"]:
        each = t["peak_mbit_s"] * 1000 / t["readers_at_band"]
        found.append(
            say(
                "band",
                when=setting.moment(t["peak_bytes_minute"]),
                readers=number(t["readers_at_band"]),
                mbit=f"{t['peak_mbit_s']:,.1f}",
                kbit=f"{each:,.0f}",
                need=f"{math.ceil(each * READERS * MARGIN / 1000):,}",
                unit=f"{READERS:,}",
                margin=MARGIN,
            )
        )
        most = max(outlets, key=lambda one: float(one.figures.totals["peak_mbit_s"]))
        peak = most.figures.totals["peak_mbit_s"]
        found.append(say("band_outlet", outlet=most.title, mbit=f"{peak:,.1f}", need=f"{math.ceil(peak * MARGIN):,}"))
    if t["visits"]:
        answers = {code: count for code, count, _robots in figures.status}
        good = answers.get(200, 0) + answers.get(304, 0)
        kind, _hits, heavy = max(figures.kinds, key=lambda one: one[2])
        sent = sum(one[2] for one in figures.kinds)
        found.append(
            say(
                "visit",
                size=size(t["bytes"] / t["visits"]),
                pages=f"{t['pages'] / t['visits']:.1f}",
                reused=share(answers.get(304, 0), good),
                heavy=w(f"kind_{kind}").lower(),
                heavy_share=share(heavy, sent),
            )
        )
        hours = sorted(figures.hours, key=lambda row: -row["visits"])
        reached, count = 0, 0
        while reached * 2 < t["visits"] and count < len(hours):
            reached, count = reached + hours[count]["visits"], count + 1
        chosen = sorted(row["hour"] for row in hours[:count])
        found.append(
            say("hours", hours=count, since=setting.moment(chosen[0]), until=setting.moment(chosen[-1] + 3600))
        )
    if len(outlets) > 1 and t["hits"]:
        ranked = sorted(outlets, key=lambda one: -one.figures.totals["hits"])
        ratio = ranked[0].figures.totals["hits"] * len(outlets) / t["hits"]
        found.append(
            say(
                "load",
                outlet=ranked[0].title,
                share=share(ranked[0].figures.totals["hits"], t["hits"]),
                count=len(outlets),
                times=f"{ratio:.1f}",
                remark=say("uneven" if ratio >= UNEVEN else "even"),
            )
        )
    lags = sorted((lag, one.title) for one in outlets for lag in one.lags)
    if lags:
        late = sum(lag > setting.freshness_s for lag, _title in lags)
        found.append(
            say(
                "lag",
                worst=f"{lags[-1][0]:.1f}",
                outlet=lags[-1][1],
                median=f"{lags[len(lags) // 2][0]:.1f}",
                limit=f"{setting.freshness_s:.0f}",
                late=late,
                all=number(len(lags)),
            )
        )
    else:
        found.append(say("no_lag"))
    if figures.around and sum(figures.around[:BEFORE]):
        before, after = sum(figures.around[:BEFORE]) / BEFORE, sum(figures.around[BEFORE:]) / AFTER
        found.append(
            say("cuts", after=f"{after:,.1f}", before=f"{before:,.1f}", m=AFTER, n=BEFORE, times=times(after / before))
        )
    bans = sum(one.told.bans for one in outlets)
    if bans or any(one.told.refused for one in outlets):
        addresses = [address for one in outlets for address in one.told.banned]
        everywhere = len(addresses) - len(set(addresses))
        most = max(outlets, key=lambda one: one.told.bans)
        found.append(
            say(
                "bans",
                bans=number(bans),
                addresses=number(len(set(addresses))),
                waf=number(sum(one.told.refused for one in outlets)),
                outlet=most.title,
                most=number(most.told.bans),
                everywhere=number(everywhere),
                remark=say("share_bans" if everywhere else "no_share"),
            )
        )
    if t["hits"]:
        found.append(say("robots", share=share(t["robots"], t["hits"])))
    down = sorted(((seconds_down(one, setting), one.title) for one in outlets), reverse=True)
    told = [f"{title}, {span(seconds)}" for seconds, title in down if seconds]
    found.append(say("down", list="; ".join(told[:10])) if told else say("no_down"))
    missing = [
        f"{one.title} ({', '.join(kind for kind in KINDS if kind not in one.told.lines)})"
        for one in outlets
        if any(kind not in one.told.lines for kind in KINDS)
    ]
    if missing:
        found.append(say("logs", list="; ".join(missing[:10])))
    without = [one.title for one in outlets if one.baseline is None]
    if without:
        found.append(say("baseline", list="; ".join(without[:20])))
    return found
