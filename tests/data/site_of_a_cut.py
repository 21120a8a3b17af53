"""Makes a site of a PREP around one cut: a directory to publish.

    python tests/data/site_of_a_cut.py DIRECTORY [--files 2000] [--megabytes 60] [--clock "2019-06-03 05:47"]

Takes a real cut's zip if there is one: named by PREP_SAMPLE_ZIP, or below ``shared/samples`` beside the
checkout. Else it makes one of the same format, and says so. With ``--clock`` the site is of another hour: the
zip is named anew and its CSV's head says that hour, as the next cut's would; about a tenth of the site changes.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import re
import zipfile
from pathlib import Path

MONTHS = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
          "noviembre", "diciembre")  # fmt: skip
SAMPLES = Path(__file__).resolve().parents[3] / "shared/samples"
HEAD_CLOCK = re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d (?=\(UTC)")
CHANGING = 10  # one file of so many changes with each cut


def real_zip() -> Path | None:
    """Return the path of a real cut, if one is here."""
    named = os.environ.get("PREP_SAMPLE_ZIP")
    candidates = [Path(named)] if named else sorted(SAMPLES.glob("*_PREP*.zip"))
    return next((path for path in candidates if path.is_file()), None)


def alike() -> tuple[str, bytes]:
    """Return name and content of a zip of the format of 2019, with made-up numbers."""
    dice = random.Random(2019)
    rows = [
        f'="2300{number:04d}B0100"|{number}|23|QUINTANA ROO|{dice.randrange(15)}|{dice.randrange(400)}|'
        f"{dice.randrange(400)}|{hashlib.sha256(str(number).encode()).hexdigest()}|2019-06-03 02:45:00"
        for number in range(2136)
    ]
    head = ["sep=|", "DIPUTACIONES LOCALES", "2019/06/03 05:47 (UTC-5)", "ACTAS_ESPERADAS", "2136", ""]
    columns = "CLAVE_CASILLA|CLAVE_ACTA|ID_ESTADO|ESTADO|PAN|PRI|MORENA|SHA|FECHA_HORA_ACOPIO"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("QROO_DIP_LOC_2019.csv", "\r\n".join([*head, columns, *rows]) + "\r\n")
    return "20190603_0547_PREP_DIP_QROO.zip", stream.getvalue()


def at(name: str, data: bytes, clock: str | None) -> tuple[str, dict[str, bytes]]:
    """Return the zip's name and its members, of the hour asked for."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    if clock:
        stamp = clock.replace("-", "/").encode() + b" "
        members = {
            one: HEAD_CLOCK.sub(stamp, text, count=1) if one.endswith(".csv") else text for one, text in members.items()
        }
        name = re.sub(r"^\d{8}_\d{4}", re.sub("[-:]", "", clock).replace(" ", "_"), name)
    return name, members


def make(directory: Path, files: int = 2000, megabytes: float = 60, clock: str | None = None, test: bool = True) -> str:
    """Write the site; return what it is made of.

    :param clock: "2019-06-03 06:00", or the zip's own.
    :param test: whether it says that it is a test cut.
    """
    real = real_zip()
    name, data = (real.name, real.read_bytes()) if real else alike()
    name, members = at(name, data, clock)
    hour = name[9:11] + ":" + name[11:13]
    day = f"{name[6:8]} de {MONTHS[int(name[4:6]) - 1]} de {name[:4]}"
    wall = f"{name[:4]}-{name[4:6]}-{name[6:8]} {hour}"

    for old in directory.glob("bd/*"):
        old.unlink()
    _write(directory / "bd" / name, _zipped(members) if clock else data)
    written = 0
    for member, content in members.items():
        if member.endswith(".csv"):
            _write(directory / "bd" / member, content)
            written += len(content)
    corte = {"horaCorte": hour, "fechaCorte": day, "cortePrueba": test, "archivoCorte": name}
    _write(directory / "json/corte.json", json.dumps(corte, ensure_ascii=False).encode())
    page = (
        '<!DOCTYPE html>\n<html lang="es-MX"><meta charset="utf-8"><title>PREP</title>\n'
        f"<p>Último corte</p><p>{day}</p><p>Tiempo del Centro</p><p>{hour} h UTC-5</p>\n"
    )
    _write(directory / "index.html", page.encode())
    rest = files - 2 - len(list(directory.glob("bd/*")))
    size = max(0, int(megabytes * 1e6) - written) // max(1, rest)
    for number in range(rest):
        seed = f"{number} {wall if number % CHANGING == 0 else ''}"
        _write(directory / f"casillas/{number % 97:02d}/{number:04d}.json", _filling(seed, number, size))
    return str(real or "a look-alike of the format of 2019, made here")


def _filling(seed: str, number: int, size: int) -> bytes:
    dice = random.Random(seed)
    row = f'{{"casilla":{number},"votos":{dice.randrange(400)},"sha":"%064x"}}'
    rows = [row % dice.getrandbits(256) for _ in range(max(1, size // 100))]
    return ("[" + ",\n".join(rows) + "]\n").encode()


def _zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--clock", help="another hour than the zip's own: 2019-06-03 06:00")
    parser.add_argument("--real", action="store_true", help="it does not say that it is a test cut")
    given = parser.parse_args()
    print("around", make(given.directory, given.files, given.megabytes, given.clock, not given.real))


if __name__ == "__main__":
    main()
