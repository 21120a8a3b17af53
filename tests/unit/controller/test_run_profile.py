"""Where a run's time went: the sums, and the table."""

from __future__ import annotations

from ansible_collections.iepc.prep.plugins.plugin_utils.run_profile import Clock, Row, lines, profile

ROWS = (
    # Two hosts wait for each other: a task takes from the first that begins to the last that ends.
    Row("1", "apache", "Install", "uno", 100.0, 104.0, "ok"),
    Row("1", "apache", "Install", "dos", 101.0, 107.0, "ok"),
    Row("2", "apache", "Write", "uno", 108.0, 109.0, "failed"),
    Row("2", "apache", "Write", "dos", 108.0, 108.5, "skipped"),
    Row("3", "", "Report", "uno", 109.0, 110.0, "ok"),
    # The same task by another role's hand, later: one line in the table, two times in the sum.
    Row("4", "apache", "Write", "dos", 112.0, 114.0, "ok"),
)


def test_a_task_takes_from_the_first_that_begins_to_the_last_that_ends() -> None:
    told = profile(ROWS)
    assert told["seconds"] == 14.0
    assert [(part["role"], part["seconds"]) for part in told["roles"]] == [("apache", 10.0), ("-", 1.0)]
    assert [(part["task"], part["seconds"]) for part in told["tasks"]] == [
        ("Install", 7.0), ("Write", 3.0), ("Report", 1.0),
    ]  # fmt: skip
    # 107 to 108, and 110 to 112.
    assert told["between_tasks"] == 3.0


def test_what_was_skipped_is_not_executed() -> None:
    told = profile(reversed(ROWS))
    assert told["hosts"] == {"dos": {"executed": 2, "skipped": 1}, "uno": {"executed": 3, "skipped": 0}}
    apache = told["roles"][0]
    assert (apache["executed"], apache["skipped"]) == ({"dos": 2, "uno": 2}, {"dos": 1, "uno": 0})


def test_the_table_says_it_per_role_with_least_and_most() -> None:
    assert lines(profile(ROWS), {"role": "rol"}) == [
        "rol                      seconds      %  executed  skipped",
        "apache                      10.0     71         2      0-1",
        "-                            1.0      7       0-1        0",
        "between tasks                3.0     21",
        "whole run, per host         14.0    100       2-3      0-1",
        "      7.0 s  apache : Install",
        "      3.0 s  apache : Write",
        "      1.0 s  - : Report",
    ]


def test_a_run_of_nothing_is_a_profile_too() -> None:
    told = profile([])
    assert told["seconds"] == 0 and told["hosts"] == {}
    assert lines(told)[-1].startswith("whole run, per host")


def test_a_task_that_nobody_saw_begin_took_no_time() -> None:
    clock = Clock()
    clock.begin("1", "uno", 5.0)
    clock.end("1", "role", "Task", "uno", 7.0, "ok")
    clock.end("2", "role", "Other", "uno", 9.0, "skipped")
    assert [row.end - row.start for row in clock.rows] == [2.0, 0.0]
