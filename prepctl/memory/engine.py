"""Reads logs with several processes and sums them up. Every line is a hit or was rejected: that is asserted."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.memory import agents, fast, lines, sources
from prepctl.memory.batch import Row, of_rows
from prepctl.memory.sources import Piece
from prepctl.memory.summary import Memory, Plan, Summary

# What visits may take of the memory that is allowed: 32 bytes each, and as much again while they are joined.
VISIT_BYTES = 160
BASE_BYTES = 350 << 20
# Rows of lines that are looked at one by one, until they are added.
ROWS = 20_000


@dataclass
class Count:
    """What a piece of a file came to."""

    piece: Piece
    summary: Summary
    problems: list[str] = field(default_factory=list)


def most_visits(memory_mb: int, jobs: int) -> int:
    """How many stretches of visits a process may keep, so that all of them stay below the memory allowed."""
    return max(50_000, ((memory_mb << 20) - BASE_BYTES) // VISIT_BYTES // (jobs + 1))


def count(piece: Piece, plan: Plan, memory: Memory | None = None) -> Count:
    """Sum up a piece.

    :raises AssertionError: a line is neither a hit nor rejected.
    """
    memory = memory or Memory(plan)
    summary, problems = Summary(plan), []
    rows: list[Row] = []
    for chunk in sources.chunks(piece, lambda why: problems.append(f"{piece.name}: ended before its end: {why}")):
        batch, numbers, starts, ends = fast.split(chunk)
        total = len(numbers) + (0 if batch is None else len(batch))
        if batch is not None:
            summary.add(batch, memory)
        for number, start, end in zip(numbers.tolist(), starts.tolist(), ends.tolist(), strict=True):
            line = bytes(chunk[start:end])
            row = lines.parse(line.removesuffix(b"\r"), plan.cdn)
            if row is None:
                summary.reject(piece.name, summary.lines + number + 1, line)
            else:
                rows.append(row)
        summary.lines += total
        if len(rows) >= ROWS:
            summary.add(of_rows(rows), memory)
            rows.clear()
        if memory.full():
            summary.settle(memory)
            memory.clear()
    summary.add(of_rows(rows), memory)
    summary.settle(memory)
    assert summary.hits + summary.rejected == summary.lines, (
        f"{piece.name}: {summary.hits} hits and {summary.rejected} rejected lines of {summary.lines}"
    )
    return Count(piece, summary, problems)


_MEMORY: list[Memory] = []


def _prepare() -> None:
    """Set a process up that reads and does nothing else.

    What is freed is kept: the same arrays are needed for the next chunk, and asking the system costs a third. Nothing
    here makes rings that a collector would have to look for.
    """
    gc.disable()
    # Ctrl-C and a closed terminal reach every process of the group: the first one alone ends the work in order.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-3, 64 << 20)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 128 << 20)  # M_TRIM_THRESHOLD


def _work(piece: Piece, plan: Plan) -> Count:
    # Texts of the same outlet come again: what was learnt of them stays.
    if not _MEMORY or _MEMORY[0].plan != plan:
        _MEMORY[:] = [Memory(plan)]
    return count(piece, plan, _MEMORY[0])


def read(
    outlets: dict[str, list[Path]],
    plan: Plan,
    jobs: int = 0,
    tell: Callable[[str, int], None] = lambda name, lines: None,
) -> dict[str, tuple[Summary, list[str]]]:
    """Sum up the logs of outlets.

    :param outlets: files of each.
    :param jobs: processes; 0 for as many as there are processors.
    :param tell: told the outlet and the lines of each piece that was read.
    :returns: for each its summary and what could not be read.
    :raises PrepctlError: a file is no log.
    """
    work = [(name, piece) for name, files in outlets.items() for piece in sources.pieces(files)]
    jobs = jobs or os.cpu_count() or 1
    done: dict[str, tuple[Summary, list[str]]] = {name: (Summary(plan), []) for name in outlets}
    offsets: dict[tuple[str, str], dict[int, int]] = {}

    def take(name: str, found: Count) -> None:
        summary, problems = done[name]
        offsets.setdefault((name, found.piece.name), {})[found.piece.begin] = found.summary.lines
        for one in found.summary.aside:
            one.begin = found.piece.begin
        summary.merge(found.summary)
        found.summary.close()
        problems += found.problems
        tell(name, found.summary.lines)

    if jobs == 1 or len(work) == 1:
        memory = Memory(plan)
        for name, piece in work:
            take(name, count(piece, plan, memory))
    else:
        _spread(work, plan, min(jobs, len(work)), take)
    for name, (summary, _problems) in done.items():
        for one in summary.aside:
            # A line's number in its file: those of the pieces before come first.
            before = offsets[(name, one.file)]
            one.number += sum(count for begin, count in before.items() if begin < one.begin)
        summary.aside.sort(key=lambda one: (one.file, one.number))
        assert summary.hits + summary.rejected == summary.lines, f"{name}: lines were lost"
    return done


@contextlib.contextmanager
def _cut_short() -> Iterator[None]:
    """When the work is stopped, so are its processes: a packed log is one piece, and may be minutes'."""
    try:
        yield
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise


def _spread(work: Iterable[tuple[str, Piece]], plan: Plan, jobs: int, take: Callable[[str, Count], None]) -> None:
    """Have processes work, no more pieces under way than keep them busy."""
    agents.is_robot(b"-")  # what takes long to load is loaded once, before there are several processes
    context = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    todo = iter(work)
    running: dict[Future[Count], str] = {}
    try:
        with ProcessPoolExecutor(jobs, mp_context=context, initializer=_prepare) as pool, _cut_short():
            while True:
                while len(running) < jobs + 1 and (one := next(todo, None)):
                    running[pool.submit(_work, one[1], plan)] = one[0]
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    take(running.pop(future), future.result())
    except (MemoryError, multiprocessing.ProcessError, RuntimeError) as problem:
        raise PrepctlError(f"a process that read logs ended: {problem}", ExitCode.RUN_FAILED) from problem
