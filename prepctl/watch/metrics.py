"""The watch as OpenMetrics, for a textfile collector. As many series as there are mirrors and kinds of incident."""

from __future__ import annotations

from prepctl.watch import words
from prepctl.watch.service import View


def render(view: View) -> str:
    """Return the exposition."""
    looks = {name: look for name, look in zip(view.names, view.looks, strict=True) if look}
    opened = {(one.mirror, one.kind) for one in view.incidents if one.closed is None}
    lines = _gauge("prep_mirror_up", "Whether the mirror answered.", {n: int(one.reached) for n, one in looks.items()})
    ages = {name: one.age_s for name, one in looks.items() if one.age_s is not None}
    lines += _gauge("prep_cut_age_seconds", "Age of the cut shown, by its own clock.", ages, "seconds")
    lines += _gauge("prep_cut_lag_seconds", "From publication until readers saw it.", view.lags, "seconds")
    answered = {name: one.seconds for name, one in looks.items() if one.reached}
    lines += _gauge("prep_answer_seconds", "How long the mirror took to say what it shows.", answered, "seconds")
    lines += ["# TYPE prep_incident_open gauge", "# HELP prep_incident_open Whether an incident of this kind is open."]
    lines += [
        f'prep_incident_open{{mirror="{_label(name)}",kind="{kind}"}} {int((name, kind) in opened)}'
        for name in view.names
        for kind in words.KINDS
    ]
    lines += [
        "# TYPE prep_watch_seconds gauge",
        "# UNIT prep_watch_seconds seconds",
        "# HELP prep_watch_seconds When the watch looked last.",
        f"prep_watch_seconds {view.now:.0f}",
        "# EOF",
    ]
    return "\n".join(lines) + "\n"


def _gauge(name: str, text: str, values: dict[str, float], unit: str = "") -> list[str]:
    head = [f"# TYPE {name} gauge", *([f"# UNIT {name} {unit}"] if unit else []), f"# HELP {name} {text}"]
    return head + [f'{name}{{mirror="{_label(mirror)}"}} {value:g}' for mirror, value in values.items()]


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
