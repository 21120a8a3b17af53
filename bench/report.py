#!/usr/bin/env python3
"""How long 50 diffusers take, offline: the evaluation, then every format, each against reading the same JSON.

    .venv/el7/bin/python bench/report.py [HOSTS]

The ratio is to parsing compliance.json, the least that anything reading the report must do. WeasyPrint is
left out: it needs system libraries that neither the collection nor prepctl asks for.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/unit/plugins/compliance"))
import compliance_fixtures as fixtures  # noqa: E402
from ansible_collections.iepc.prep.plugins.module_utils import report_model  # noqa: E402
from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json  # noqa: E402

from prepctl.report import FORMATS, formats, source  # noqa: E402


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    call, hosts = fixtures.call(), [fixtures.host(name=f"difusor{number:02}") for number in range(count)]
    began = time.perf_counter()
    model = report_model.build(call, hosts, fixtures.run())
    evaluated = time.perf_counter() - began
    data = canonical_json.dumps(model)
    began = time.perf_counter()
    json.loads(data)
    parsed = time.perf_counter() - began
    report = source.Report(Path("compliance.json"), data, model)
    words = formats.words_of(report, "es")
    print(f"{count} diffusers, {len(data) / 1e6:.1f} MB of JSON, parsed in {parsed:.3f} s")
    print(f"{'evaluation':12} {evaluated:7.3f} s {evaluated / parsed:7.1f} x")
    total = evaluated
    for name in FORMATS:
        began = time.perf_counter()
        made = formats.WRITERS[name](report, words, None)
        took = time.perf_counter() - began
        total += took
        print(f"{name:12} {took:7.3f} s {took / parsed:7.1f} x {sum(map(len, made.values())) / 1e6:6.1f} MB")
    print(f"{'all':12} {total:7.3f} s {total / parsed:7.1f} x")


if __name__ == "__main__":
    main()
