"""The documents of a technical memory, of a small made-up week with what hostile readers and outlets put into it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from prepctl.memory import make

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "bench"))
import memoria_sample  # noqa: E402

# What each would do if it were markup, and where it is told: without blanks, which end a request's path.
HOSTILE = {
    "page": "/<img/src=//evil.example/a/onerror=alert(1)>.html",
    "missing": "/<script>alert(1)</script>",
    "referrer": "<svg onload=alert(1)>.example",
    "agent": "<object/data=//evil.example>",
    "outlet": "Radio</h1><b>Ejemplo</b>",
    "incident": "<iframe/src=//evil.example></iframe>",
    "comment": "<a/href=javascript:alert(1)>x</a>",
}
OUTLET = "radio"
# More often than anything else of its list.
OFTEN = 200


def hostile_lines() -> str:
    """Return what somebody asked for so that it would stand in a document."""
    clock = memoria_sample.told(memoria_sample.OPENING + 600, "%d/%b/%Y:%H:%M:%S -0500")
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0"
    line = '203.0.113.9 - - [{}] "GET {} HTTP/1.1" {} 900 "{}" "{}" "radio.example" https 900 1200 400 {}000\n'
    epoch = int(memoria_sample.OPENING + 600)
    asked = (
        (HOSTILE["page"], 200, f"https://{HOSTILE['referrer']}/", browser),
        (HOSTILE["missing"], 404, "-", browser),
        ("/", 200, "-", HOSTILE["agent"]),
    )
    return "".join(line.format(clock, *one, epoch) for one in asked) * OFTEN


def write(directory: Path) -> dict[str, Path]:
    """Write the documents; return them by what they are of."""
    memoria_sample.make_logs(directory, 20_000)
    logs = directory / "logs"
    (logs / OUTLET / "access/hostile.log").write_text(hostile_lines())
    variables = {"prep_outlet": {"name": HOSTILE["outlet"], "portal_urls": ["https://radio.example"]}}
    (directory / f"host_vars/{OUTLET}.yml").write_text(json.dumps(variables))
    incident = {
        "mirror": OUTLET, "kind": "down", "opened": memoria_sample.OPENING + 60,
        "closed": memoria_sample.OPENING + 90_000, "detail": HOSTILE["incident"],
    }  # fmt: skip
    with (logs / "watch/incidents.jsonl").open("a") as stream:
        stream.write(json.dumps(incident) + "\n")
    (directory / f"comentarios/{OUTLET}.md").write_text(f"Sobre **la noche**: {HOSTILE['comment']}\n")
    wanted = make.Wanted(
        directory, [str(logs)], averages=directory / "promedios.yml", comments=[str(directory / "comentarios")],
        formats=("html",), jobs=1, output=directory / "memoria",
    )  # fmt: skip
    made = make.make(wanted, lambda line: None)
    return {"fleet": made.directory / "memoria.html", "outlet": made.directory / OUTLET / "memoria.html"}
