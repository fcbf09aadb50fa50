"""Hostile archives are refused whole, before anything else reads them."""

from __future__ import annotations

import gzip
import random
import tarfile

import pytest

from catalog.rules.archive import scan
from catalog.rules.faults import ArchiveRefused
from tests.catalog.archives import CHART, chart, entry, tar

GOOD = entry("web/Chart.yaml", CHART.encode())


def test_a_plain_chart_is_read():
    archive = scan(chart({"README.md": "# Web", "charts/sub.tgz": chart(name="sub")}))
    assert archive.name == "web"
    assert sorted(archive.files) == [
        "Chart.yaml",
        "README.md",
        "charts/sub.tgz",
        "templates/deployment.yaml",
        "values.yaml",
    ]
    assert archive.text("README.md") == "# Web"


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (entry("web/../../etc/passwd", b"x"), "archive.path"),
        (entry("/etc/passwd", b"x"), "archive.path"),
        (entry("web/./x", b"x"), "archive.path"),
        (entry("web//x", b"x"), "archive.path"),
        (entry("other/x", b"x"), "archive.path"),
        (entry("x", b"x"), "archive.path"),
        (entry("web/a\\b", b"x"), "archive.path"),
        (entry("web/a\nb", b"x"), "archive.path"),
        (entry("web/" + "x" * 300, b"x"), "archive.path"),
        (entry("web/link", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "archive.link"),
        (entry("web/link", type=tarfile.LNKTYPE, linkname="web/Chart.yaml"), "archive.link"),
        (entry("web/pipe", type=tarfile.FIFOTYPE), "archive.link"),
        (entry("web/device", type=tarfile.CHRTYPE), "archive.link"),
        (entry("web/run", b"x", mode=0o4755), "archive.mode"),
        (entry("web/Chart.yaml", b"x"), "archive.duplicate"),
        (entry("web/chart.YAML", b"x"), "archive.duplicate"),
        (entry("web/big", random.Random(1).randbytes(5 * 1024 * 1024 + 1)), "archive.file_too_large"),
        (entry("web/x", b"x", pax_headers={"GNU.sparse.major": "1"}), "archive.header"),
        (entry("web/x", b"x", pax_headers={"SCHILY.xattr.user.a": "b"}), "archive.header"),
    ],
)
def test_an_entry_that_is_no_plain_file_in_the_chart_is_refused(extra, code):
    with pytest.raises(ArchiveRefused) as refused:
        scan(tar([GOOD, extra]))
    assert refused.value.code == code


def test_bombs_are_refused():
    zeros = bytes(4 * 1024 * 1024)
    cases = {
        "archive.bomb": tar([GOOD, *(entry(f"web/{n}", zeros) for n in range(20))]),
        "archive.too_large": tar([GOOD, *(entry(f"web/{n}", zeros) for n in range(26))]),
        "archive.too_many_files": tar([GOOD, *(entry(f"web/{n}") for n in range(5001))]),
    }
    for code, data in cases.items():
        with pytest.raises(ArchiveRefused) as refused:
            scan(data)
        assert refused.value.code == code


def test_charts_in_charts_in_charts_have_an_end():
    data = chart(name="web")
    for _ in range(3):
        data = chart({"charts/web.tgz": data})
    with pytest.raises(ArchiveRefused) as refused:
        scan(data)
    assert refused.value.code == "archive.nested"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "archive.broken"),
        (b"not gzip", "archive.broken"),
        (chart()[:-20], "archive.broken"),
        (gzip.compress(b"not tar" * 100), "archive.broken"),
        (chart() + b"more", "archive.trailing_data"),
        (chart() + chart(), "archive.trailing_data"),
        (tar([entry("web/values.yaml", b"a: 1")]), "archive.no_chart"),
        (b"x" * (16 * 1024 * 1024 + 1), "archive.too_large"),
    ],
    ids=["empty", "no-gzip", "cut", "no-tar", "trailing", "two-members", "no-chart", "large"],
)
def test_what_is_no_chart_archive_is_refused(data, code):
    with pytest.raises(ArchiveRefused) as refused:
        scan(data)
    assert refused.value.code == code
