"""In which rounds nodes come and go, what runs where, and what a failed operation leaves to the next one."""

from __future__ import annotations

from typing import Any

import pytest

from services.rules import rounds
from services.rules.rounds import Live, Round

ENTRY: dict[str, Any] = {
    "component": "node", "title": "Nodes", "path": "replicas", "in": "guided", "out": "guided",
    "beforeIn": [
        {"title": "Move off {pod}", "pods": "leaving", "command": ["move", "{pod}", "{leaving}", "{replicas}"]},
    ],
    "afterIn": [{"title": "Forget", "pods": "one", "command": ["forget", "{leaving}", "${pod} {other}"]}],
    "afterOut": [{"title": "Clean {pod}", "pods": "staying", "command": ["clean"], "timeoutSeconds": 7}],
}  # fmt: skip


def plan(before: int, after: int, live: Live | None = None, **more: Any) -> list[Round]:
    """Give the rounds of one workload from one number to another."""
    entry = {**ENTRY, **more}
    now = live or Live("StatefulSet", before, tuple(f"db-{n}" for n in range(before)))
    return rounds.plan({"scaling": [entry]}, [entry], "db", "shop", {"db": now}, {"db": after})


def words(one: Round) -> list[list[str]]:
    """Give the commands of a round, with their pods."""
    return [[*(task.pods or [f"{task.on} of {task.workload}"]), *task.command] for task in (*one.first, *one.then)]


def test_all_leave_at_once_last_first():
    (one,) = plan(3, 1)
    assert (one.leaving, one.joining, one.before, one.after) == (("db-2", "db-1"), (), 3, 1)
    assert words(one) == [
        ["db-2", "move", "{pod}", "db-2,db-1", "1"], ["db-1", "move", "{pod}", "db-2,db-1", "1"],
        ["one of db", "forget", "db-2,db-1", "${pod} {other}"],
    ]  # fmt: skip
    assert one.first[0].words_for("db-2") == ["move", "db-2", "db-2,db-1", "1"]
    assert one.then[0].words_for("db-0")[2] == "${pod} {other}", "a shell's own words stay"


def test_each_means_those_that_stay_once_the_others_have_left():
    tell = [{"title": "Tell {pod}", "pods": "each", "command": ["tell"]}]
    (less,) = plan(3, 1, beforeIn=tell, afterIn=tell)
    assert [task.pods for task in less.first] == [("db-0",), ("db-1",), ("db-2",)]
    assert [task.pods for task in less.then] == [("db-0",)]
    (more,) = plan(1, 3, afterOut=tell)
    assert [task.pods for task in more.then] == [("db-0",), ("db-1",), ("db-2",)]


def test_one_at_a_time_is_a_round_for_each():
    found = plan(4, 2, oneAtATime=True, confirm="scaleIn.confirmed")
    assert [(one.leaving, one.numbers) for one in found] == [
        (("db-3",), {"replicas": 3, "scaleIn.confirmed": True}),
        (("db-2",), {"replicas": 2, "scaleIn.confirmed": True}),
    ]  # fmt: skip
    assert [title for _, title in found[0].steps] == [
        "Move off db-3", "Take away db-3", "Wait until db-3 left and the rest works", "Forget",
    ]  # fmt: skip
    names = [name for one in found for name, _ in one.steps]
    assert len(names) == len(set(names)) and max(map(len, names)) <= 40


def test_the_last_round_that_adds_needs_no_apply_of_its_own():
    first, last = plan(1, 3, oneAtATime=True, confirm="scaleIn.confirmed")
    assert (first.late, last.late) == (False, True)
    assert (first.numbers, last.numbers) == ({"replicas": 2}, {"replicas": 3}), "nothing to confirm"
    assert words(last) == [["db-0", "clean"], ["db-1", "clean"]]
    assert [title for _, title in last.steps] == ["Clean db-0", "Clean db-1"]
    assert last.seconds == 2 * 7 + rounds.SETTLE_SECONDS


@pytest.mark.parametrize(("before", "after", "more"), [
    (2, 2, {}), (3, 2, {"in": "free"}), (3, 2, {"in": "refused"}), (2, 3, {"out": "free"}),
])  # fmt: skip
def test_a_number_that_stays_or_may_change_freely_needs_no_round(before, after, more):
    assert plan(before, after, **more) == []


def test_numbers_of_a_set_may_begin_elsewhere_and_volumes_go_when_the_package_says_so():
    live = Live("StatefulSet", 3, (), first_ordinal=5, claims=("data", "log"))
    (one,) = plan(3, 2, live, deleteClaims=True)
    assert one.leaving == ("db-7",)
    assert one.claims == ("data-db-7", "log-db-7")
    assert one.steps[-1][1] == "Delete the volumes of db-7"
    assert plan(3, 2, live)[0].claims == ()


def test_a_deployment_gives_its_newest_pods():
    pods = [
        {"metadata": {"name": name, "creationTimestamp": at}}
        for name, at in [("db-x", "3"), ("db-a", "1"), ("db-k", "2")]
    ]
    live = rounds.live({"kind": "Deployment", "metadata": {"name": "db"}, "spec": {"replicas": 3}}, pods)
    (one,) = plan(3, 1, live)
    assert one.leaving == ("db-x", "db-k")
    (more,) = plan(1, 2, Live("Deployment", 1, ("db-a",)))
    assert more.joining == () and words(more) == [["db-a", "clean"]]


def test_who_shrinks_goes_first_and_the_others_keep_their_number_meanwhile():
    entries = [{**ENTRY, "component": c, "path": f"{c}.replicas", "workload": f"{{fullname}}-{c}"} for c in ("a", "b")]
    now = {f"db-{c}": Live("StatefulSet", 2, (f"db-{c}-0", f"db-{c}-1")) for c in ("a", "b")}
    found = rounds.plan({"scaling": entries}, entries, "db", "shop", now, {"db-a": 3, "db-b": 1})
    assert [(one.workload, one.numbers) for one in found] == [
        ("db-b", {"a.replicas": 2, "b.replicas": 1}), ("db-a", {"a.replicas": 3, "b.replicas": 1}),
    ]  # fmt: skip


def test_a_command_for_another_component_runs_in_its_pods():
    entry = {
        **ENTRY,
        "beforeIn": [{"title": "Tell", "pods": "each", "component": "boss", "command": ["tell", "{replicas}"]}],
    }
    nodes = [{"component": "boss", "title": "Boss", "workload": "{fullname}-boss", "container": "main"}]
    now = {"db": Live("StatefulSet", 3, ("db-0", "db-1", "db-2"))}
    (one,) = rounds.plan({"scaling": [entry], "nodes": nodes}, [entry], "db", "shop", now, {"db": 2})
    (task,) = one.first
    assert (task.workload, task.container, task.pods, task.others) == ("db-boss", "main", (), ())


def test_a_round_is_kept_as_data_and_comes_back():
    for one in [*plan(3, 1, oneAtATime=True, confirm="c", deleteClaims=True), *plan(1, 3)]:
        assert Round.of(one.as_dict()) == one


def left(one: Round, states: dict[str, str], replicas: int, wanted: int = 9) -> list[Round]:
    """Give what is left of a round by the states of its steps."""
    now = {"db": Live("StatefulSet", replicas, ())}
    return rounds.left_over([one], states, now, {"db": wanted})


def test_what_was_applied_and_not_followed_up_is_left_over():
    (one,) = plan(3, 2, Live("StatefulSet", 3, (), claims=("data",)), deleteClaims=True)
    moved = {"r1-b-0-0": "done"}
    assert left(one, {**moved, "r1-apply": "pending"}, 3) == []
    (carried,) = left(one, {**moved, "r1-apply": "done"}, 2)
    assert (carried.applies, carried.first, carried.claims) == (False, (), ("data-db-2",))
    assert [task.step for task in carried.then] == ["c1-a-0"]
    (claims,) = left(one, {**moved, "r1-apply": "done", "r1-a-0-0": "done"}, 2)
    assert (claims.then, claims.claims) == ((), ("data-db-2",))
    everything = {**moved, "r1-apply": "done", "r1-a-0-0": "done", "r1-claims": "done"}
    assert left(one, everything, 2) == []


@pytest.mark.parametrize("state", ["running", "failed", "cancelled", "skipped"])
def test_an_apply_whose_end_nobody_wrote_counts_when_the_number_is_there(state):
    (one,) = plan(3, 2)
    assert left(one, {"r1-b-0-0": "done", "r1-apply": state}, 3) == []
    assert len(left(one, {"r1-b-0-0": "done", "r1-apply": state}, 2)) == 1
    assert left(one, {"r1-b-0-0": "failed", "r1-apply": state}, 2) == [], "nobody moved its data"


def test_what_follows_a_joining_is_left_over_only_while_it_is_wanted():
    (one,) = plan(1, 2)
    assert len(left(one, {"apply": "done"}, 2, wanted=2)) == 1
    assert left(one, {"apply": "done"}, 2, wanted=1) == []
