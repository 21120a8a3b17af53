#!/usr/bin/env python3
"""How many requests a second a diffuser answers, beside Apache and nginx as Debian packages them.

    .venv/el7/bin/python bench/serve.py [--lab lab] [--diffuser difusor12] [--seconds 6] [--rounds 3] [--json]

Needs a lab that was onboarded (`bin/demo`) and wrk. A site of the kind that is published on election night is put on
the diffuser by `prepctl publish --drill`, and copied to two more machines of the lab's network. wrk, on the control
node, which no limit concerns, asks each for a page's files in turn as browsers do, over connections that are kept, in
plain text and by TLS, servers in turn in each round. Medians, and the processor time per request that the server's
container took, which other work on the machine disturbs less.

Ends with 1 when the diffuser answers less than 0.9 of what the stock Apache does, or less than two thirds of nginx.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests/attack"))
from figures import Figure, Measured, run_bench  # noqa: E402
from guests import Machine, guests, member  # noqa: E402

LEAST_OF_STOCK, LEAST_OF_NGINX = 0.9, 2 / 3
AGENT = (
    "Mozilla/5.0 (Linux; Android 13; SM-A135M) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile "
    "Safari/537.36"
)
HEADERS = {
    "User-Agent": AGENT,
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "es-MX,es;q=0.9",
    "Accept-Encoding": "gzip, deflate, br",
}
# What one look at a page asks for: (path, bytes). Texts shrink to a fifth or so, as real ones do; images don't.
PAGE = (
    ("index.html", 24_000), ("css/estilos.css", 30_000), ("js/app.js", 120_000), ("json/entidad.json", 9_000),
    ("json/participacion.json", 2_000), ("json/distritos.json", 40_000), ("img/mapa.svg", 60_000),
    ("img/partidos.png", 14_000), ("img/iepc.png", 8_000), ("img/acta.jpg", 90_000),
)  # fmt: skip
SCRIPT = """
local paths = {{ {paths} }}
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", "/" .. paths[at])
end
"""
WORDS = (
    "acta", "casilla", "sección", "distrito", "votos", "nulos", "partido",
    "candidatura", "coalición", "municipio", "avance", "corte", "total",
)  # fmt: skip


def site(directory: Path) -> None:
    """Write the files of PAGE, the same each time."""
    for path, size in PAGE:
        dice = random.Random(path)
        if path.endswith((".png", ".jpg")):
            data = dice.randbytes(size)
        else:
            text = "<title>Prueba del PREP, sin validez: 20:15</title>\n" if path == "index.html" else ""
            if path == "json/entidad.json":
                text = (
                    json.dumps({"horaCorte": "20:15", "fechaCorte": "05 de junio de 2022", "cortePrueba": True}) + "\n"
                )
            while len(text) < size:
                text += (
                    f'{{"{dice.choice(WORDS)}": {dice.randrange(2000)}, "{dice.choice(WORDS)}": {dice.random():.4f}}}\n'
                )
            data = text.encode()
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


# wrk's "Socket errors: connect 0, read 8, write 0, timeout 0"; more than this share of the requests measures nothing.
SOCKET_ERRORS = re.compile(r"\b(?:connect|read|write|timeout) (\d+)")
MOST_BROKEN = 0.01


def give(machine: Machine, directory: Path) -> None:
    """Copy the site to a machine's web server."""
    packed = subprocess.run(["tar", "-C", str(directory), "-c", "."], stdout=subprocess.PIPE, check=True).stdout
    argv = ["docker", "exec", "-i", machine.container, "tar", "-C", "/var/www/html", "-x"]
    subprocess.run(argv, input=packed, check=True)
    machine.run("rm -f /var/www/html/index.nginx-debian.html; chmod -R a+rX /var/www/html")


def processor_us(machine: Machine) -> int:
    """Microseconds of processor time that a container took so far."""
    full = subprocess.run(
        ["docker", "inspect", "-f", "{{.Id}}", machine.container], capture_output=True, text=True, check=True
    ).stdout.strip()
    for found in Path("/sys/fs/cgroup").glob(f"**/*{full}*/cpu.stat"):
        words = found.read_text(encoding="ascii").split()
        if "usage_usec" in words:
            return int(words[words.index("usage_usec") + 1])
    for found in Path("/sys/fs/cgroup").glob(f"**/*{full}*/cpuacct.usage"):
        return int(found.read_text(encoding="ascii")) // 1000
    raise RuntimeError(f"no cgroup of {machine.name} tells its processor time")


def load(machine: Machine, scheme: str, seconds: int, script: Path) -> tuple[float, float]:
    """Have wrk ask for a while; (requests a second, microseconds of the server's processors for each)."""
    before = processor_us(machine)
    headers = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]
    argv = ["wrk", "-t1", "-c32", f"-d{seconds}s", "-s", str(script), *headers, f"{scheme}://{machine.address}/"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    count = int(said.split(" requests in ")[0].split()[-1])
    broken = sum(map(int, SOCKET_ERRORS.findall(said)))
    # A server that ends a process closes what that one held open: a few, which changes no rate.
    if "Non-2xx" in said or broken > count * MOST_BROKEN:
        raise SystemExit(f"bench/serve.py: {machine.name}, {scheme}: expected answers, got {' '.join(said.split())}")
    if broken:
        print(f"{scheme:6} {machine.name:9} {broken} connections broken off of {count} requests", file=sys.stderr)
    rate = float(said.split("Requests/sec:")[1].split()[0])
    return rate, (processor_us(machine) - before) / count


def measured(servers: dict[str, Machine], given: argparse.Namespace, script: Path) -> dict[str, dict[str, Any]]:
    """By scheme and server, the medians of some rounds."""
    found: dict[str, dict[str, Any]] = {}
    for scheme in ("http", "https"):
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
        for _round in range(given.rounds):
            for name, machine in servers.items():
                taken[name].append(load(machine, scheme, given.seconds, script))
        found[scheme] = {
            name: {
                "requests_s": round(statistics.median(rate for rate, _ in rounds)),
                "processor_us": round(statistics.median(cost for _, cost in rounds), 1),
            }
            for name, rounds in taken.items()
        }
    return found


def publish(directory: Path, given: argparse.Namespace) -> None:
    """Put the site on the diffuser as the institute would, as a test cut."""
    workspace = TOP / "inventories" / given.lab
    prepctl = [sys.executable, "-m", "prepctl"]
    if not list((workspace / "keys").glob("*.key")):
        raise SystemExit(f"{workspace}/keys holds no key: prepctl keys create, then site.yml --tags publication")
    done = subprocess.run(
        [*prepctl, "publish", str(directory), "-w", str(workspace), "--drill", "-l", given.diffuser],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"prepctl publish ended with {done.returncode}: {done.stdout}{done.stderr}")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lab", default="lab")
    parser.add_argument("--diffuser", default="difusor12")
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--published", action="store_true", help="the site is there already")
    return run_bench(parser, measure)


def measure(given: argparse.Namespace) -> Measured:
    """Print what each server answered; return the ratios."""
    diffuser = member(given.lab, given.diffuser)
    with tempfile.TemporaryDirectory() as name:
        directory, script = Path(name) / "site", Path(name) / "page.lua"
        site(directory)
        script.write_text(SCRIPT.format(paths=", ".join(f'"{path}"' for path, _ in PAGE)), encoding="utf-8")
        if not given.published:
            publish(directory, given)
        with guests(given.lab, {"comun": (61, "apache2 ssl-cert"), "nginx": (62, "nginx ssl-cert")}) as joined:
            joined["comun"].run("a2enmod -q ssl && a2ensite -q default-ssl && systemctl restart apache2")
            joined["nginx"].run(
                "sed -i 's/# listen 443 ssl/listen 443 ssl/; s/# include snippets/include snippets/'"
                " /etc/nginx/sites-available/default && systemctl restart nginx"
            )
            for machine in joined.values():
                give(machine, directory)
            found = measured({"diffuser": diffuser, **joined}, given, script)
    figures = []
    for scheme, servers in found.items():
        for name in ("diffuser", "comun", "nginx"):
            one = servers[name]
            print(f"{scheme:6} {name:9} {one['requests_s']:7} requests/s, {one['processor_us']:7.1f} us each")
        for other, title, least in (("comun", "the stock Apache", LEAST_OF_STOCK), ("nginx", "nginx", LEAST_OF_NGINX)):
            ratio = servers["diffuser"]["requests_s"] / servers[other]["requests_s"]
            servers["ratio_to_" + other] = round(ratio, 2)  # type: ignore[assignment]
            figures.append(Figure(f"serve.{scheme}_{other}", ratio, f"requests/s of {title}", least=least))
    return Measured(figures, found)


if __name__ == "__main__":
    sys.exit(main())
