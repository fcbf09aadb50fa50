"""Logs are rotated without their writer noticing."""

from __future__ import annotations

from pathlib import Path

from anywhere.launcher.logs import last_lines, numbered, rotate


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("one\n")
    assert rotate([log], largest=100) == []
    assert log.read_text() == "one\n"


def test_a_large_log_moves_on_and_its_writer_goes_on_at_the_new_end(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("a") as writer:
        writer.write("x" * 200 + "\n")
        writer.flush()
        assert rotate([log], largest=100) == [log]
        writer.write("after\n")
        writer.flush()
    assert log.read_text() == "after\n"
    assert numbered(log, 1).read_text() == "x" * 200 + "\n"


def test_only_so_many_older_logs_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for number in range(5):
        log.write_text(f"{number}" * 200)
        rotate([log], largest=100, kept=2)
    assert [numbered(log, age).read_text()[0] for age in (1, 2)] == ["4", "3"]
    assert not numbered(log, 3).exists()


def test_a_missing_log_is_no_error(tmp_path: Path) -> None:
    assert rotate([tmp_path / "none.log"]) == []
    assert last_lines(tmp_path / "none.log") == []


def test_the_last_lines_come_without_reading_the_whole_file(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("\n".join(str(number) for number in range(10_000)) + "\n")
    assert last_lines(log, 3) == ["9997", "9998", "9999"]
