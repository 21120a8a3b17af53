#!/usr/bin/env python3
"""How long 50 diffusers take, offline: the evaluation, then every format, each against reading the same JSON.

    .venv/el7/bin/python bench/report.py [HOSTS] [--json]

The ratio is to parsing compliance.json, the least that anything reading the report must do. WeasyPrint is
left out: it needs system libraries that neither the collection nor prepctl asks for.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/unit/plugins/compliance"))
import compliance_fixtures as fixtures  # noqa: E402
from ansible_collections.iepc.prep.plugins.module_utils import report_model  # noqa: E402
from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json  # noqa: E402
from figures import Figure, Measured, run_bench  # noqa: E402

from prepctl.report import FORMATS, formats, source  # noqa: E402


def parse(data: bytes) -> float:
    """Seconds of reading the report's JSON."""
    began = time.perf_counter()
    json.loads(data)
    return time.perf_counter() - began


def measure(given: argparse.Namespace) -> Measured:
    """Print the seconds of each format; return them as ratios to parsing."""
    count = given.hosts
    call, hosts = fixtures.call(), [fixtures.host(name=f"difusor{number:02}") for number in range(count)]
    began = time.perf_counter()
    model = report_model.build(call, hosts, fixtures.run())
    took = {"evaluation": time.perf_counter() - began}
    data = canonical_json.dumps(model)
    parsed = min(parse(data) for _round in range(9))
    report = source.Report(Path("compliance.json"), data, model)
    words = formats.words_of(report, "es")
    print(f"{count} diffusers, {len(data) / 1e6:.1f} MB of JSON, parsed in {parsed:.3f} s")
    for name in FORMATS:
        began = time.perf_counter()
        made = formats.WRITERS[name](report, words, None)
        took[name] = time.perf_counter() - began
        print(f"{name:12} {took[name]:7.3f} s {sum(map(len, made.values())) / 1e6:6.1f} MB")
    took["all"] = sum(took.values())
    return Measured([Figure(f"report.{name}", one / parsed, "parsing the report's JSON") for name, one in took.items()])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("hosts", type=int, nargs="?", default=50)
    return run_bench(parser, measure)


if __name__ == "__main__":
    sys.exit(main())
