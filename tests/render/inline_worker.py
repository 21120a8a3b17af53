"""What makes the run quick: no fork for a task, no template compiled twice.

A fork keeps what a task does to its objects from the next host's task; here copies do that. The same
template is rendered for each system and variant, so its compiled code is kept.
"""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import jinja2
import yaml
from ansible.executor.process.worker import WorkerProcess
from ansible.executor.task_executor import TaskExecutor


def _start(worker: Any) -> None:
    host, task = copy.copy(worker._host), worker._task.copy(exclude_parent=True)
    task._parent = worker._task._parent
    # ansible-core 2.16 passes a stdin on and takes a result apart; 2.19 has neither.
    stdin = () if hasattr(worker, "_cliargs") else (None,)
    with _context(task):
        result = TaskExecutor(
            host,
            task,
            worker._task_vars,
            worker._play_context.copy(),
            *stdin,
            worker._loader,
            worker._shared_loader_obj,
            worker._final_q,
            worker._variable_manager,
        ).run()
    _send(worker, host, task, result)


def _context(task: Any) -> contextlib.AbstractContextManager[Any]:
    try:
        from ansible._internal import _task
        from ansible._internal._templating._engine import TemplateEngine  # noqa: F401
    except ImportError:
        return contextlib.nullcontext()
    context: contextlib.AbstractContextManager[Any] = _task.TaskContext(task)
    return context


def _send(worker: Any, host: Any, task: Any, result: Any) -> None:
    try:
        from ansible.executor.task_result import _RawTaskResult
    except ImportError:
        worker._final_q.send_task_result(host.name, task._uuid, result, task_fields=task.dump_attrs())
    else:
        worker._final_q.send_task_result(
            _RawTaskResult(host=host, task=task, return_data=result, task_fields=task.dump_attrs())
        )


def _keep_compiled() -> None:
    compile_source = jinja2.Environment.compile
    kept: dict[Any, Any] = {}

    def compiled(environment: Any, source: Any, name: Any = None, filename: Any = None, *rest: Any, **more: Any) -> Any:
        settings = (environment.block_start_string, environment.variable_start_string, environment.trim_blocks)
        key = (
            type(environment),
            source,
            name,
            filename,
            settings,
            environment.lstrip_blocks,
            rest,
            tuple(more.items()),
        )
        if not isinstance(source, str):
            return compile_source(environment, source, name, filename, *rest, **more)
        if key not in kept:
            kept[key] = compile_source(environment, source, name, filename, *rest, **more)
        return kept[key]

    jinja2.Environment.compile = compiled  # type: ignore[method-assign,assignment]


def install() -> None:
    """From here on no worker forks."""
    WorkerProcess.start = _start
    _keep_compiled()
    # The call is read anew by each lookup; the loader in C takes a tenth of the time.
    yaml.SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # type: ignore[misc]
