#!/usr/bin/env python3
"""Makes the sample of docs/memory.md: three outlets' made-up week, their incidents, and the documents of it.

    .venv/el7/bin/python bench/memoria_sample.py DIRECTORY [--lines 300000]

Writes a workspace with logs as `prepctl collect-logs` leaves them, and runs `prepctl memoria` on it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import memoria_week
import numpy as np

from prepctl.memory import make

OUTLETS = {
    "periodico": ("El Periódico de Ejemplo", "https://www.periodico.example", 1.0),
    "radio": ("Radio Ejemplo 99.9", "https://radio.example", 0.35),
    "universidad": ("Universidad de Ejemplo", "https://universidad.example", 0.2),
}
OPENING = memoria_week.START + memoria_week.OPENING_H * 3600
CUTS = 97
LOCAL = timezone(timedelta(hours=-5))
COMMENTS = """El servidor respondió bien durante toda la noche. Sugerimos:

- avisar con **una semana** de anticipación las direcciones que deben permitirse en los puertos 22 y 873;
- un simulacro más, con carga, antes de la jornada;
- que la lista oficial muestre a los difusores en orden aleatorio.
"""


def told(epoch: float, form: str) -> str:
    return datetime.fromtimestamp(epoch, LOCAL).strftime(form)


def make_logs(top: Path, lines: int) -> None:
    """Write the logs and what the control node knows."""
    chance = np.random.default_rng(8)
    record: dict[str, list[dict[str, object]]] = {"incidents": [], "cuts": [], "deliveries": []}
    for number in range(CUTS):
        published = OPENING + number * 900 + int(chance.integers(0, 20))
        name = f"c{number:03d}"
        clock = datetime.fromtimestamp(published, LOCAL).isoformat()
        record["cuts"].append({"id": name, "clock": clock, "published": published, "drill": 0})
        for outlet in OUTLETS:
            lag = float(chance.lognormal(1.3, 0.5)) + (70 if outlet == "radio" and number == 9 else 0)
            record["deliveries"].append({"cut": name, "mirror": outlet, "lag_s": round(lag, 2), "started": published})
    start, end = OPENING + 9 * 900 + 60, OPENING + 9 * 900 + 780
    incident = {"mirror": "radio", "kind": "down", "opened": start, "closed": end, "detail": "conexión rechazada"}
    record["incidents"] += [
        incident,
        {
            "mirror": "universidad",
            "kind": "stale",
            "opened": OPENING + 7200,
            "closed": OPENING + 7500,
            "detail": "muestra el corte de las 21:45",
        },
    ]
    for seed, (name, (title, portal, part)) in enumerate(OUTLETS.items()):
        logs = top / "logs" / name
        for kind in ("access", "fail2ban", "activator", "modsecurity", "error", "rsync"):
            (logs / kind).mkdir(parents=True, exist_ok=True)
        with gzip.open(logs / "access/prep_access.log.gz", "wb", 1) as stream:
            for block in memoria_week.lines(int(lines * part), seed + 1):
                if name == "radio":  # what the incident says: nobody was answered
                    block = b"".join(line + b"\n" for line in block.split(b"\n")[:-1] if not _within(line, start, end))
                stream.write(block)
        bans = sorted((OPENING + chance.exponential(20_000, int(60 * part) + 5)).tolist())
        (logs / "fail2ban/fail2ban.log").write_text(
            "".join(
                f"{told(at, '%Y-%m-%d %H:%M:%S')},101 fail2ban.actions [1]: NOTICE "
                f"[{'sshd' if number % 3 else 'apache-noscript'}] Ban 198.51.100.{number % 40}\n"
                for number, at in enumerate(bans)
            )
        )
        events = [{"at": _utc(cut["published"]), "event": "shown", "cut": cut["id"]} for cut in record["cuts"]]
        events.append(
            {"at": _utc(OPENING + 7200), "event": "refused", "reason": "signature: it is not that of this manifest"}
        )
        (logs / "activator/activations.log").write_text("".join(json.dumps(event) + "\n" for event in events))
        (logs / "modsecurity/modsec_audit.log").write_text("".join(_refusal(at) for at in bans[::2]))
        (logs / "error/prep_error.log").write_text(
            f"[{told(OPENING + 1500, '%a %b %d %H:%M:%S.000000 %Y')}] [mpm_event:error] [pid 1:tid 1] AH00484: server "
            "reached MaxRequestWorkers setting\n"
            if name == "periodico"
            else ""
        )
        (logs / "rsync/rsyncd.log").write_text(
            "".join(
                f"{told(cut['published'], '%Y/%m/%d %H:%M:%S')} [7] sent 65 bytes  received 910 bytes  total size 9\n"
                for cut in record["cuts"]
            )
        )
        (top / "host_vars").mkdir(exist_ok=True)
        (top / f"host_vars/{name}.yml").write_text(
            json.dumps({"prep_outlet": {"name": title, "portal_urls": [portal]}}, ensure_ascii=False), encoding="utf-8"
        )
    (top / "logs/watch").mkdir(exist_ok=True)
    for name, rows in record.items():
        (top / f"logs/watch/{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    manifest = {
        "schema": 1,
        "call": "dgo_2022",
        "diffusers": [{"name": name, "zone": {"since": "-0500"}} for name in OUTLETS],
    }
    (top / "logs/inventory.json").write_text(json.dumps(manifest))
    (top / "promedios.yml").write_text(
        "periodico: {hits: 9000, pages: 1800, visits: 700}\nradio: {pages: 500, visits: 260}\n"
    )
    (top / "comentarios").mkdir(exist_ok=True)
    (top / "comentarios/periodico.md").write_text(COMMENTS, encoding="utf-8")


def _utc(epoch: object) -> str:
    return datetime.fromtimestamp(float(str(epoch)), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _within(line: bytes, start: float, end: float) -> bool:
    stamp = line.rpartition(b" ")[2]
    return stamp.isdigit() and start <= int(stamp) / 1000 < end


def _refusal(at: float) -> str:
    stamp = told(at, "%d/%b/%Y:%H:%M:%S.000000 %z")
    return (
        f"--a1b2c3d4-A--\n[{stamp}] YpxX 198.51.100.7 4321 192.0.2.1 443\n--a1b2c3d4-B--\nGET / HTTP/1.1\n"
        "--a1b2c3d4-H--\n"
        'Message: Warning. [id "942100"] [msg "SQL Injection Attack Detected via libinjection"]\n'
        'Message: Access denied with code 403 (phase 2). [id "949110"] [msg "Score exceeded"]\n--a1b2c3d4-Z--\n\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--lines", type=int, default=300_000)
    given = parser.parse_args()
    given.directory.mkdir(parents=True, exist_ok=True)
    os.chdir(given.directory)
    top = Path()
    make_logs(top, given.lines)
    made = make.make(
        make.Wanted(top, [str(top / "logs")], averages=top / "promedios.yml", comments=[str(top / "comentarios")]),
        print,
    )
    print(f"{len(made.files)} files in {made.directory}")


if __name__ == "__main__":
    main()
