"""Sizes of the event MPM, from the smallest server to a large one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.iepc.prep.plugins.filter.event_mpm import event_mpm

DEFAULTS: dict[str, Any] = {
    "share": 0.5,
    "worker_mb": 2,
    "threads": 64,
    "held": 512,
    "least": 128,
    "most": 4096,
    "wanted": 0,
}


def sizes(memory_mb: int, processors: int, **changes: Any) -> dict[str, Any]:
    return event_mpm({"memory_mb": memory_mb, "processors": processors, **DEFAULTS, **changes})


@pytest.mark.parametrize(
    ("memory_mb", "processors", "workers"),
    [
        (512, 1, 128),
        (983, 1, 192),  # what "1 GiB" leaves of itself
        (2048, 2, 512),
        (4096, 2, 1024),
        (16384, 2, 2048),  # as much as two processors serve
        (262144, 64, 4096),  # ServerLimit 64 times ThreadsPerChild 64
    ],
)
def test_workers_follow_memory_and_processors(memory_mb: int, processors: int, workers: int) -> None:
    assert sizes(memory_mb, processors)["workers"] == workers


@pytest.mark.parametrize("processors", [1, 2, 8, 64, 256])
@pytest.mark.parametrize("memory_mb", [256, 983, 2048, 8192, 65536, 1048576])
@pytest.mark.parametrize("threads", [1, 25, 64, 1000])
def test_apache_takes_them_as_they_are(memory_mb: int, processors: int, threads: int) -> None:
    """The rules by which httpd would correct them at the start, and what would make it restless."""
    found = sizes(memory_mb, processors, threads=threads)
    assert found["workers"] % threads == 0 and found["workers"] >= threads
    assert found["workers"] == found["processes"] * threads
    assert found["max_spare"] >= found["min_spare"] + threads
    assert 1 <= found["start"] <= found["processes"]
    # Idle processes beyond MaxSpareThreads are ended at once.
    assert found["start"] * threads <= found["max_spare"]


@pytest.mark.parametrize("memory_mb", [512, 983, 2048, 8192, 65536])
def test_memory_is_never_promised_twice(memory_mb: int) -> None:
    found = sizes(memory_mb, 8)
    assert found["workers"] * DEFAULTS["worker_mb"] <= memory_mb * DEFAULTS["share"]


def test_a_wanted_number_is_taken_in_whole_processes() -> None:
    assert sizes(983, 1, wanted=1000)["workers"] == 960
    assert sizes(983, 1, wanted=10)["workers"] == 64


def test_spare_workers_hold_what_one_source_may_and_readers_beside_it() -> None:
    found = sizes(16384, 4)
    assert (found["min_spare"], found["start"]) == (640, 10)
    assert sizes(16384, 4, held=30)["min_spare"] == 192
    # A small server keeps all that it has.
    assert sizes(983, 1)["min_spare"] == sizes(983, 1)["workers"]
