"""Sites to publish, and what publishing one came to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = "/srv/prep"


def site(directory: Path, minute: int, hour: int = 20, mark: str = "") -> Path:
    """Make the site of a cut of that hour: a page, a JSON and a CSV that all say it, and what never changes."""
    clock = f"{hour:02d}:{minute:02d}"
    (directory / "datos").mkdir(parents=True, exist_ok=True)
    (directory / "index.html").write_text(f"<p>Último corte</p> 05 de junio de 2022, {clock} h UTC-5 {mark}")
    corte = {"horaCorte": clock, "fechaCorte": "05 de junio de 2022", "cortePrueba": "drill" in mark}
    (directory / "datos/corte.json").write_text(json.dumps(corte))
    rows = "".join(f"{number}|PAN|{minute}\n" for number in range(400))
    (directory / "datos/actas.csv").write_text(f"sep=|\nGUBERNATURA\n2022/06/05 {clock} (UTC-5)\nCLAVE_ACTA\n{rows}")
    (directory / "logo.svg").write_text("<svg/>" * 500)
    return directory


@dataclass
class Published:
    """How `prepctl publish` ended for one mirror."""

    code: int
    document: dict[str, Any]
    text: str

    @property
    def mirror(self) -> dict[str, Any]:
        return self.document["mirrors"][0]
