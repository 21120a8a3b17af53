"""Plots as SVG, drawn here: a page takes them as they are, and typst sets them on paper. Nothing is fetched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 720, 232
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 26, 34
INK, SOFT, LINE = "#1c2430", "#55616f", "#d5dae1"
FIRST, SECOND, MARK = "#6b1d5c", "#8fa3b8", "#b9770e"
# Fonts that typst brings, then what a browser has.
FONT = "'Libertinus Serif', system-ui, 'Segoe UI', Roboto, sans-serif"


def short(value: float) -> str:
    """A number for an axis: 1.2 M, 350 k."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"


def nice(value: float) -> float:
    """The round number that an axis ends at."""
    if value <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 2, 4, 6, 8, 10) if step * size >= value * 0.999999)


def fitted(text: str, width: float, size: float = 11) -> str:
    """As much of a text as there is room for, by what letters take at most in the fonts that are used."""
    taken = 0.0
    for place, letter in enumerate(text):
        taken += size * (0.8 if letter.isupper() or letter in "mw%@<>" else 0.57)
        if taken > width:
            return text[: max(0, place - 1)] + "…"
    return text


class _Sheet:
    """What a plot is drawn on."""

    def __init__(self, title: str, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.width, self.height = width, height
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="{escape(title)}" font-family="{FONT}" font-size="11"><title>{escape(title)}</title>'
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
        ]

    def rect(self, x: float, y: float, width: float, height: float, fill: str, title: str = "") -> None:
        told = f"<title>{escape(title)}</title>" if title else ""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0, width):.1f}" height="{max(0, height):.1f}" fill="{fill}">'
            f"{told}</rect>"
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str = LINE, dash: str = "") -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"{dashed}/>')

    def path(self, points: Sequence[tuple[float, float]], color: str, *, fill: bool = False) -> None:
        told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        if fill:
            self._parts.append(f'<polygon points="{told}" fill="{color}"/>')
        else:
            self._parts.append(f'<polyline points="{told}" fill="none" stroke="{color}" stroke-width="1.6"/>')

    def text(
        self, x: float, y: float, text: str, *, anchor: str = "start", color: str = SOFT, size: float = 11
    ) -> None:
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}" font-size="{size:g}">'
            f"{escape(text)}</text>"
        )

    def axis(self, most: float, unit: str) -> None:
        """The upright axis, from nothing to *most*."""
        for number in range(5):
            y = self.height - BOTTOM - (self.height - BOTTOM - TOP) * number / 4
            self.line(LEFT, y, self.width - RIGHT, y)
            self.text(LEFT - 6, y + 4, short(most * number / 4), anchor="end")
        self.text(4, 11, unit, size=10)

    def legend(self, entries: Sequence[tuple[str, str]]) -> None:
        x: float = self.width - RIGHT
        for name, color in reversed(entries):
            x -= 6.1 * len(name)
            self.text(x, 11, name, size=10)
            x -= 14
            self.rect(x, 3, 10, 9, color)
            x -= 12

    def done(self) -> str:
        return "".join(self._parts) + "</svg>"


def stretch(
    values: Sequence[float],
    lower: Sequence[float],
    labels: Sequence[tuple[int, str]],
    title: str,
    unit: str,
    names: tuple[str, str],
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """A long series as a surface, with a part of it in another colour.

    :param lower: the part, of each value.
    :param labels: where days begin, and what they are called.
    :param marks: upright lines with a word.
    """
    sheet = _Sheet(title)
    most = nice(max(values, default=0))
    sheet.axis(most, unit)
    wide, floor = (sheet.width - LEFT - RIGHT) / max(1, len(values)), float(sheet.height - BOTTOM)
    high = floor - TOP
    for series, color in ((values, FIRST), (lower, SECOND)):
        points = [(float(LEFT), floor)]
        for number, value in enumerate(series):
            y = floor - high * value / most
            points += [(LEFT + number * wide, y), (LEFT + (number + 1) * wide, y)]
        sheet.path([*points, (LEFT + len(series) * wide, floor)], color, fill=True)
    for hour, word in labels:
        x = LEFT + hour * wide
        sheet.line(x, floor, x, floor + 5, SOFT)
        sheet.text(x + 2, floor + 15, word)
    for place, word in marks:
        x = LEFT + place * wide
        sheet.line(x, TOP, x, floor, MARK, "3 3")
        sheet.text(x + 3, TOP + 10, word, color=MARK, size=10)
    sheet.legend([(names[0], FIRST), (names[1], SECOND)])
    return sheet.done()


def pairs(
    labels: Sequence[str],
    values: Sequence[float],
    others: Sequence[float] | None,
    title: str,
    unit: str,
    names: tuple[str, str] = ("", ""),
) -> str:
    """Upright bars, beside each another one if there are others."""
    sheet = _Sheet(title)
    most = nice(max([*values, *(others or [])], default=0))
    sheet.axis(most, unit)
    wide, floor = (sheet.width - LEFT - RIGHT) / max(1, len(values)), float(sheet.height - BOTTOM)
    high = floor - TOP
    for number, label in enumerate(labels):
        x = LEFT + number * wide
        share = 0.36 if others is not None else 0.7
        tall = high * values[number] / most
        sheet.rect(x + wide * 0.13, floor - tall, wide * share, tall, FIRST, f"{label}: {short(values[number])}")
        if others is not None:
            tall = high * others[number] / most
            sheet.rect(
                x + wide * (0.15 + share), floor - tall, wide * share, tall, SECOND, f"{label}: {short(others[number])}"
            )
        sheet.text(x + wide / 2, floor + 15, label, anchor="middle", size=10 if len(labels) <= 12 else 8)
    if others is not None:
        sheet.legend([(names[0], FIRST), (names[1], SECOND)])
    return sheet.done()


def curve(values: Sequence[float], first: int, title: str, unit: str, below: str, mark: str) -> str:
    """A short series as a line, with a mark where its number is 0."""
    sheet = _Sheet(title, height=202)
    most = nice(max(values, default=0))
    sheet.axis(most, unit)
    wide, floor = (sheet.width - LEFT - RIGHT) / max(1, len(values) - 1), float(sheet.height - BOTTOM)
    high = floor - TOP
    sheet.path([(LEFT + number * wide, floor - high * value / most) for number, value in enumerate(values)], FIRST)
    for number in range(len(values)):
        if (number + first) % 5 == 0:
            sheet.text(
                LEFT + number * wide, floor + 14, f"{number + first:+d}" if number + first else "0", anchor="middle"
            )
    sheet.text((LEFT + sheet.width - RIGHT) / 2, floor + 28, below, anchor="middle", size=10)
    sheet.line(LEFT - first * wide, TOP, LEFT - first * wide, floor, MARK, "3 3")
    sheet.text(LEFT - first * wide + 4, TOP + 10, mark, color=MARK, size=10)
    return sheet.done()


def heat(
    rows: Sequence[tuple[str, Sequence[float]]], labels: Sequence[tuple[int, str]], title: str, legend: str
) -> str:
    """Who carried how much when: a row for each, darker where there was more."""
    name_width, tall = 170, 18
    height = 26 + tall * len(rows) + 24
    sheet = _Sheet(title, height=height)
    most = max((max(values, default=0) for _name, values in rows), default=0) or 1
    count = max((len(values) for _name, values in rows), default=1) or 1
    wide = (sheet.width - name_width - RIGHT) / count
    for number, (name, values) in enumerate(rows):
        y = 20 + number * tall
        sheet.text(name_width - 6, y + 12, fitted(name, name_width - 6), anchor="end", color=INK)
        for place, value in enumerate(values):
            # The root: quiet hours are told from empty ones, beside those of the night.
            sheet.rect(name_width + place * wide, y, wide + 0.3, tall - 2, _shade(math.sqrt(value / most)))
    floor = 20 + tall * len(rows)
    for place, word in labels:
        x = name_width + place * wide
        sheet.line(x, floor, x, floor + 5, SOFT)
        sheet.text(x + 2, floor + 15, word, size=10)
    sheet.text(name_width, 12, legend, size=10)
    for number in range(24):
        sheet.rect(sheet.width - RIGHT - 24 * 5 - 34 + number * 5, 4, 5.3, 9, _shade(number / 23))
    sheet.text(sheet.width - RIGHT - 24 * 5 - 40, 12, "0", anchor="end", size=10)
    sheet.text(sheet.width - RIGHT, 12, short(most), anchor="end", size=10)
    return sheet.done()


def _shade(share: float) -> str:
    share = min(1.0, max(0.0, share))
    light, dark = (244, 240, 245), (107, 29, 92)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(light, dark, strict=True))
