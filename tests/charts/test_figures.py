"""The figures of helm-charts/README.md: what is compared with the charts of others is what clients saw."""

import re
from collections.abc import Iterator

from tests.charts.chart import CHARTS, ROOT

TEXT = (ROOT / "README.md").read_text()
SEEN, _, REST = TEXT.partition("## What clients saw")[2].partition("## The known charts of others")
COMPARED = REST.partition("\n## ")[0]


def rows(text: str) -> Iterator[dict[str, str]]:
    """The rows of all tables, by the words of their heads; an empty first cell is that of the row above."""
    head: list[str] = []
    first = ""
    for line in text.splitlines():
        if not line.startswith("|"):
            head = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not head:
            head = cells
        elif not set(line) <= set("|-"):
            first = cells[0] or first
            yield dict(zip(head, [first, *cells[1:]], strict=True))


def of_chart(row: dict[str, str]) -> str:
    """The chart that a row is about."""
    return re.split(r"[, ]", row["chart"])[0]


def test_every_table_of_what_clients_saw_is_read_and_nothing_was_lost():
    found = list(rows(SEEN))
    assert {of_chart(row) for row in found} == {chart for chart in CHARTS if chart != "spark-job"}
    assert {row.get("lost", row.get("failed")) for row in found} == {"0"}


def test_what_is_compared_stands_in_the_tables():
    pauses: dict[str, set[str]] = {}
    answered: dict[str, set[str]] = {}
    for row in rows(SEEN):
        pauses.setdefault(of_chart(row), set()).add(row.get("longest pause", ""))
        answered.setdefault(of_chart(row), set()).add(row.get("answered", ""))
    compared = list(rows(COMPARED))
    asked = [
        (of_chart(row), pause) for row in compared for pause in re.findall(r"pause (?:of )?([\d.]+ s)", row["here"])
    ]
    assert len(asked) >= 8
    assert not [(chart, pause) for chart, pause in asked if pause not in pauses[chart]]
    failed = [(of_chart(row), number) for row in compared for number in re.findall(r"failed of (\d+)", row["here"])]
    assert failed and not [(chart, number) for chart, number in failed if number not in answered[chart]]
