"""The health rules against their cases: <kind>/<verdict>_<case>.yaml for one object, service/ and cause/ for all."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.rules.health import ORDER, Cause, Health, assess, cause, service_health

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*/*.yaml"))
OF_OBJECTS = [path for path in CASES if path.parent.name not in ("service", "cause")]
OF_SERVICES = sorted(HERE.glob("service/*.yaml"))
OF_CAUSES = sorted(HERE.glob("cause/*.yaml"))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def _check(found: Health | Cause, case: dict[str, Any], text: str) -> None:
    assert case.get("code", found.code) == found.code
    assert case.get("says", "") in text


def test_there_are_cases_for_every_verdict() -> None:
    assert len(CASES) >= 60
    assert {path.stem.split("_")[0] for path in OF_OBJECTS + OF_SERVICES} == set(ORDER)


@pytest.mark.parametrize("path", OF_OBJECTS, ids=_name)
def test_an_object_has_the_health_its_case_says(path: Path) -> None:
    case = _load(path)
    found = assess(case["object"], case.get("now"))
    assert found.verdict == path.stem.split("_")[0], found
    _check(found, case, found.reason)


@pytest.mark.parametrize("path", OF_SERVICES, ids=_name)
def test_a_service_has_the_health_its_case_says(path: Path) -> None:
    case = _load(path)
    found = service_health(
        case.get("objects", []),
        case.get("pods", []),
        case.get("claims", []),
        case.get("events", []),
        case["now"],
        missing=case.get("missing", []),
        progressing_since=case.get("progressing_since"),
    )
    assert found.verdict == path.stem.split("_")[0], found
    _check(found, case, found.reason)


@pytest.mark.parametrize("path", OF_CAUSES, ids=_name)
def test_a_cause_is_named_only_when_waiting_does_not_help(path: Path) -> None:
    case = _load(path)
    found = cause(
        case.get("objects", []), case.get("pods", []), case.get("events", []), case.get("claims", []), case["now"]
    )
    assert (found is not None) == path.stem.startswith("certain_"), found
    _check(found or Cause("", "", "", "", "", ""), case, found.title if found else "")


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_a_case_is_dated_with_a_time_zone(path: Path) -> None:
    assert isinstance(_load(path)["now"], datetime)
    assert _load(path)["now"].tzinfo is not None


@pytest.mark.parametrize("junk", [{}, {"kind": "Pod"}, {"kind": "Pod", "status": []}, {"kind": "Job", "status": None}])
def test_rules_survive_objects_of_an_odd_shape(junk: dict[str, Any]) -> None:
    for kind, version in (
        ("Pod", "v1"), ("Deployment", "apps/v1"), ("StatefulSet", "apps/v1"), ("DaemonSet", "apps/v1"),
        ("Job", "batch/v1"), ("CronJob", "batch/v1"), ("PersistentVolumeClaim", "v1"), ("Service", "v1"),
        ("Ingress", "networking.k8s.io/v1"), ("HorizontalPodAutoscaler", "autoscaling/v2"), ("Odd", "x/v1"),
    ):  # fmt: skip
        obj = {**junk, "kind": kind, "apiVersion": version}
        assert assess(obj).verdict in ORDER
        assert service_health([obj], [obj]).verdict in ORDER
