"""The pages around a publication, made from made-up mirrors; as a script, their pictures for the documentation:

publishing_pages.py DIRECTORY
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from prepctl.incidents import Incident
from prepctl.publish import drill, listing
from prepctl.publish.mirrors import Inventory, Mirror
from prepctl.publish.publisher import Delivery
from prepctl.watch import page
from prepctl.watch.look import Finding, Look
from prepctl.watch.service import View

ZONE = "America/Monterrey"
NOW = 1654479960.0  # 20:46 in Durango
CALL: dict[str, Any] = {
    "id": "dgo_2022", "zone": ZONE,
    "institute": {"name": "Instituto Electoral y de Participación Ciudadana de Durango", "short": "IEPC Durango"},
}  # fmt: skip
OUTLETS = {
    "elmural": "El Mural de Durango", "radiosierra": "Radio Sierra Madre", "unidurango": "Universidad del Guadiana",
    "laopinion": "La Opinión del Nazas",
}  # fmt: skip
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 60"><rect width="60" height="60" fill="#6b1d5c"/>'
    '<text x="72" y="40" font-size="28" font-family="sans-serif">{}</text></svg>'
)


def cut(minute: int) -> dict[str, Any]:
    """Return what a state says of the cut of 20:MM."""
    return {
        "id": f"20220605_20{minute}-0a1b2c3d", "clock": f"2022-06-05T20:{minute}:00-05:00",
        "epoch": 1654477200 + minute * 60, "drill": False,
    }  # fmt: skip


def view() -> View:
    """Return an election night: two well, one suspended, one late."""
    names = list(OUTLETS)
    looks = [
        Look(name, NOW, reached=True, cut=cut(45), page_status=200, seconds=0.012 + number / 100)
        for number, name in enumerate(names)
    ]
    looks[2].suspended = {"reason": "Revisión técnica"}
    detail = "muestra 20220605_2030-0a1b2c3d; 20220605_2045-0a1b2c3d se publicó hace 74 s"
    looks[3].cut, looks[3].findings = cut(30), [Finding("stale", detail)]
    incidents = [
        Incident(3, names[3], "stale", NOW - 14, None, detail, {}),
        Incident(2, names[2], "suspended", NOW - 600, None, "Revisión técnica", {}),
        Incident(1, names[0], "down", NOW - 1500, NOW - 1440, "no responde: /status.json: timed out", {}),
    ]
    return View(NOW, list(looks), names, cut(45), incidents, {names[0]: 1.4, names[1]: 2.1, names[2]: 1.6})


def known() -> Inventory:
    """Return the mirrors of the made-up outlets."""
    contact = {
        "name": "Lucía Ibáñez Núñez",
        "post": "Jefa de sistemas",
        "phone": "+52 618 555 0111",
        "email": "l@x.example",
    }
    mirrors = [
        Mirror(
            name, "192.0.2.1", f"prep.{name}.example", "iepc", "x",
            outlet={"name": outlet}, contacts={"drills": contact},
            documents={"logo": {"file": f"{name}.svg"}} if name != "laopinion" else {},
        )
        for name, outlet in OUTLETS.items()
    ]  # fmt: skip
    return Inventory(mirrors, CALL, 0, 0, [])


# What `prepctl suspend` hands to the role, and the outlet's name.
NOTICE = {
    "publication_programme": "Programa de Resultados Electorales Preliminares",
    "publication_outlet": OUTLETS["unidurango"],
    "publication_suspension": {
        "since": "2022-06-05T20:36:00-05:00", "reason": "Revisión técnica", "authority": CALL["institute"]["name"],
    },
}  # fmt: skip
TEMPLATE = Path(__file__).resolve().parents[2] / "roles/publication/templates/notice.html.j2"


def notice(page: Path) -> None:
    """Write the notice of a suspended diffuser, from the role's own template."""
    subprocess.run(
        ["ansible", "localhost", "-c", "local", "-m", "ansible.builtin.template", "-a", f"src={TEMPLATE} dest={page}",
         "-e", json.dumps(NOTICE)],
        check=True, capture_output=True,
    )  # fmt: skip


def write(directory: Path) -> dict[str, Path]:
    """Write all pages; return them by name."""
    (directory / "reports/1").mkdir(parents=True)
    for name, outlet in OUTLETS.items():
        (directory / f"{name}.svg").write_text(LOGO.format(outlet.split()[1]))
    verdicts = [{"name": name, "verdict": "APTO"} for name in OUTLETS]
    (directory / "reports/1/compliance.json").write_text(json.dumps({"diffusers": verdicts}))
    listing.write(known(), directory, directory / "list")
    (directory / "status.html").write_text(page.render(view(), ZONE, "Difusores del PREP: IEPC Durango"))
    deliveries = [Delivery(name, "shown", lag_s=1.2 + number) for number, name in enumerate(OUTLETS)]
    report = drill.run(known(), [Path("1"), Path("2")], 0, lambda tree: deliveries, clock=lambda: NOW)
    report["incidents"] = [one.as_dict() for one in view().incidents]
    (directory / "drill.html").write_text(drill.page(report))
    notice(directory / "notice.html")
    return {name: directory / path for name, path in PAGES.items()}


PAGES = {"status": "status.html", "list": "list/index.html", "drill": "drill.html", "notice": "notice.html"}


def main() -> None:
    """Entry point."""
    from chromium import started

    images = Path(sys.argv[1])
    images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, started() as browser:
        for name, path in write(Path(directory)).items():
            shown = browser.new_page(viewport={"width": 1100, "height": 640})
            shown.goto(path.as_uri())
            shown.screenshot(path=images / f"{name}.png")
            print(images / f"{name}.png")


if __name__ == "__main__":
    main()
