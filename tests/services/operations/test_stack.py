"""Stacks: one operation, a service of its own for each member, whatever is killed, stopped or broken on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anywhere.accounts.models import AuditEntry
from anywhere.gateways.errors import Forbidden, Invalid
from anywhere.operations import actions as operations
from anywhere.operations.models import FINAL, Operation
from catalog.actions import publish_archive, publish_stack
from catalog.models import Package, Version
from services import actions, errors, selectors, stacks
from services.models import Service, Stack
from tests.catalog.archives import chart
from tests.catalog.stacks import file_of, stack
from tests.services.operations.conftest import (
    CHART,
    PACKAGE,
    SCHEMA,
    TEMPLATE,
    VALUES,
    Killed,
    World,
    due,
    inventory,
    work,
    work_until_killed,
)  # fmt: skip

pytestmark = pytest.mark.django_db(transaction=True)

APP_SCHEMA = SCHEMA.replace(
    '"properties": {', '"properties": {"bindings": {"type": "object", "properties": '
    '{"first": {"type": "string"}, "second": {"type": "string"}}}, ', 1,
)  # fmt: skip


@pytest.fixture
def pair(world: World) -> Version:
    """Give the stack `pair`: app, bound to two stores."""
    large = PACKAGE.replace("recommended: true}]", "recommended: true}, {name: large, title: Large, summary: L., "
                            "values: plans/large.yaml}]")  # fmt: skip
    provider = world.version.package.provider
    files = {
        "values.yaml": VALUES, "values.schema.json": SCHEMA, "package.yaml": large, "templates/deployment.yaml": "",
        "templates/set.yaml": TEMPLATE, "plans/small.yaml": "replicas: 1\n", "plans/large.yaml": "replicas: 3\n",
    }  # fmt: skip
    publish_archive(provider, chart(files, "store", CHART.replace("1.0.0", "1.1.0")))
    app = {**files, "package.yaml": PACKAGE.replace('binding: {secret: "{fullname}-binding"}\n', ""),
           "values.yaml": VALUES + "bindings: {first: '', second: ''}\n", "values.schema.json": APP_SCHEMA}  # fmt: skip
    del app["plans/large.yaml"]
    publish_archive(provider, chart(app, "app", CHART.replace("name: store", "name: app")))
    return publish_stack(provider, file_of(stack()), "pair.yaml")


def install(world: World, version: Version, name: str = "x", **options: Any) -> tuple[Stack, Operation]:
    wanted = stacks.Wanted(version, options.pop("plan", None), name, name, options.pop("values", {}), **options)
    return stacks.request_install(world.organization, world.owner, cluster=world.cluster, wanted=wanted)


def work_all(operation: Operation, turns: int = 60) -> Operation:
    """Give the operation once it has ended; one worker at a time takes what is due, as after the sweeper's message."""
    for _ in range(turns):
        operation.refresh_from_db()
        if operation.state in FINAL:
            return operation
        for each in Operation.objects.exclude(state__in=FINAL).order_by("created_at"):
            if work(each) == "not_owner":
                due(each)
    raise AssertionError(f"{operation.state}: {operation.steps}")


def service_of(stack: Stack, member: str) -> Service:
    return Service.objects.get(stack=stack, member=member)


def states(operation: Operation) -> list[tuple[str, str]]:
    return [(step["name"], step["state"]) for step in operation.steps]


def releases(world: World) -> dict[str, list[str]]:
    return {name: [r.status for r in kept] for (_, name), kept in world.cell.releases.items() if kept}


ALL_DEPLOYED = {"x-first": ["deployed"], "x-second": ["deployed"], "x-app": ["deployed"]}


def test_a_stack_is_installed_as_one_operation_each_member_a_service_bound_to_those_before_it(world, pair):
    row, operation = install(world, pair)
    assert set(Service.objects.filter(stack=row).values_list("state", flat=True)) == {"planned"}
    assert not selectors.services(world.organization, state="all").exists(), "nothing is shown before it fits"
    ended = work_all(operation)
    assert (ended.state, ended.error, ended.attempt) == ("succeeded", None, 1)
    assert states(ended) == [("preflight", "done"), ("first", "done"), ("second", "done"), ("app", "done")]
    children = {str(c.pk): c.subject_name for c in Operation.objects.filter(parent=ended)}
    assert [children[step["operation"]] for step in ended.steps[1:]] == ["x-first", "x-second", "x-app"]
    assert releases(world) == ALL_DEPLOYED
    applied = dict(zip(["first", "second", "app"], world.cell.applied, strict=True))
    assert applied["app"]["bindings"] == {"first": "x-first-binding", "second": "x-second-binding"}
    assert applied["second"]["replicas"] == 2, "the stack's own values lie over the plan"
    app = service_of(row, "app")
    assert (app.namespace, app.state, app.applied_generation) == ("x", "present", 1)
    assert [s.name for s in selectors.bound_to(app)] == ["x-first", "x-second"]
    assert [s.name for s in selectors.bound_by(service_of(row, "first"))] == ["x-app"]
    assert {e.action for e in AuditEntry.objects.all()} >= {"stack.install", "service.install"}


def test_a_plan_of_the_stack_is_the_plan_its_file_says_of_each_member(world, pair):
    row, operation = install(world, pair, plan="large")
    assert {s.member: s.plan for s in row.services.all()} == {"app": "small", "first": "large", "second": "large"}
    assert work_all(operation).state == "succeeded"
    assert [values["replicas"] for values in world.cell.applied] == [3, 2, 1]


def test_values_are_given_by_member_and_their_secrets_are_kept_apart(world, pair):
    row, operation = install(world, pair, values={"first": {"auth": {"password": "geheim"}, "size": "2Gi"}})
    first = service_of(row, "first")
    assert (first.values, first.secrets) == ({"size": "2Gi"}, {"auth.password": "geheim"})
    ended = work_all(operation)
    told = str(list(ended.events.values_list("message", "data"))) + str(ended.steps)
    assert "geheim" not in told
    assert world.cell.applied[0]["auth"]["password"] == "geheim"


def test_a_member_is_left_out_with_the_bindings_to_it(world, pair):
    row, operation = install(world, pair, without=["second"])
    assert work_all(operation).state == "succeeded"
    assert sorted(releases(world)) == ["x-app", "x-first"]
    assert service_of(row, "app").values["bindings"] == {"first": "x-first-binding"}


@pytest.mark.parametrize(
    ("options", "error", "field"),
    [
        ({"name": "X"}, errors.BadName, "name"),
        ({"name": "a" * 47}, errors.BadName, "name"),
        ({"plan": "huge"}, errors.UnknownPlan, None),
        ({"without": ["first"]}, errors.BadStack, "without"),
        ({"without": ["nobody"]}, errors.BadStack, "without"),
        ({"values": {"nobody": {}}}, errors.BadStack, "values.nobody"),
        ({"values": {"first": 7}}, errors.BadStack, "values.first"),
        ({"values": {"first": {"replicas": 9}}}, errors.BadValues, "values.first.replicas"),
    ],
)
def test_choices_that_do_not_fit_are_refused_before_anything_is_written(world, pair, options, error, field):
    with pytest.raises(error) as refused:
        install(world, pair, **options)
    assert field is None or field in refused.value.fields
    assert refused.value.detail.endswith(".")
    assert (Stack.objects.count(), Service.objects.count(), Operation.objects.count()) == (0, 0, 0)


def test_a_package_that_is_gone_is_named(world, pair):
    Package.objects.filter(name="app").update(name="renamed")
    with pytest.raises(errors.BadStack, match="^app, which is a part of it, is not published here"):
        install(world, pair)
    assert Stack.objects.count() == 0


def test_the_longest_name_is_one_that_the_longest_member_can_be_called_after(world, pair):
    row, _ = install(world, pair, "a" * 46)
    assert max(len(s.name) for s in row.services.all()) == 53


def test_taken_names_are_refused(world, pair):
    install(world, pair)
    with pytest.raises(errors.NameTaken, match="A stack x is in x"):
        install(world, pair)
    actions.request_install(
        world.organization, world.owner, cluster=world.cluster, version=world.version, name="z-first", namespace="z"
    )
    with pytest.raises(errors.NameTaken, match="A service z-first is in z"):
        install(world, pair, "z")
    assert Stack.objects.count() == 1


# It fits all together, or nothing is made


def with_requests(world: World, cores: str) -> None:
    """Have each pod ask for so many cores of the cluster's eight."""
    plain = world.cell.render

    def render(request):
        objects = plain(request)
        objects[1]["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": cores}}
        return objects

    world.cell.render = render


def test_members_that_fit_one_by_one_and_not_together_are_not_begun(world, pair):
    with_requests(world, "3")
    row, operation = install(world, pair)
    ended = work_all(operation)
    assert (ended.state, ended.error["code"]) == ("failed", "preflight.no_room")
    assert ended.error["kept"] == "Nothing was made on the cluster."
    assert states(ended) == [("preflight", "failed")] + [(m, "pending") for m in ("first", "second", "app")]
    assert (world.cell.releases.get(("x", "x-first"), []), Operation.objects.filter(parent=ended).count()) == ([], 0)
    assert ("v1", "Namespace", "", "x") not in world.cell.objects
    assert not selectors.services(world.organization, state="all").exists()
    with_requests(world, "1")
    assert work_all(stacks.request_retry(row, world.owner)).state == "succeeded"
    assert releases(world) == ALL_DEPLOYED


def test_the_question_asked_before_answers_for_all_members_together(world, pair):
    with_requests(world, "3")
    wanted = stacks.Wanted(pair, "small", "x", "x", {})
    ask = {"wanted": wanted, "clusters": [world.cluster]}
    answer = work_all(stacks.ask_preflight(world.organization, world.owner, **ask)).result["clusters"][0]
    assert (answer["verdict"], [f["code"] for f in answer["findings"]]) == ("no", ["preflight.no_room"])
    assert (answer["requests"]["cpu"], answer["requests"]["pods"]) == (12.0, 4)
    with_requests(world, "1")
    answer = work_all(stacks.ask_preflight(world.organization, world.owner, **ask)).result["clusters"][0]
    assert (answer["verdict"], answer["findings"]) == ("fits", [])


def test_a_secret_that_no_member_makes_has_to_be_there(world, pair):
    plain = world.cell.render
    mounted = [{"name": str(n), "secret": {"secretName": n}} for n in ("x-first-binding", "events-binding")]

    def render(request):
        objects = plain(request)
        if request.release == "x-app":
            next(o for o in objects if o["kind"] == "StatefulSet")["spec"]["template"]["spec"]["volumes"] = mounted
        return objects

    world.cell.render = render
    Version.objects.filter(pk__in=Version.objects.filter(package__name="app")).update(
        values={"bindings": {"first": "", "events": "events-binding"}}
    )
    _, operation = install(world, pair)
    ended = work_all(operation)
    assert (ended.error["code"], ended.error["title"]) == (
        "preflight.binding_missing", "There is no Secret events-binding",
    )  # fmt: skip
    assert releases(world) == {}


def test_a_finding_says_which_members_it_is_about(world, pair):
    world.cluster.inventory = {**inventory(), "storage_classes": []}
    world.cluster.save()
    plain = world.cell.render
    world.cell.render = lambda request: plain(request)[: 1 if request.release == "x-app" else 2]
    _, operation = install(world, pair)
    assert work_all(operation).error["title"] == "First store, Second store: The cluster offers no volumes"


def test_a_release_somebody_else_made_is_found_before_anything_is_made(world, pair):
    world.cell.begin("x-app", "by hand")
    world.cell.releases["x", "x-app"] = world.cell.releases.pop(("x-app", "x-app"))
    _, operation = install(world, pair)
    ended = work_all(operation)
    assert (ended.error["code"], ended.error["title"]) == ("preflight.name_taken", "App: The name is taken")
    assert sorted(releases(world)) == ["x-app"]


# Killed, stopped, failed


def test_a_worker_killed_at_any_call_leaves_every_member_deployed_once(world, pair):
    _, measured = install(world, pair, "m")
    work_all(measured)
    for number in range(1, len(world.cell.calls) + 1, 5):
        name = f"k{number}"
        row, operation = install(world, pair, name)
        world.cell.plan(number, die)
        assert work_all_though_killed(operation).state == "succeeded"
        for service in row.services.all():
            statuses = [r.status for r in world.cell.releases[name, service.name]]
            assert statuses == ["deployed"], (number, service.name)
        assert Operation.objects.filter(parent=operation).count() == 3, "no member is installed twice"


def die() -> None:
    raise Killed


def work_all_though_killed(operation: Operation) -> Operation:
    try:
        return work_all(operation)
    except Killed:
        for each in Operation.objects.exclude(state__in=FINAL):
            due(each)
        return work_all(operation)


@pytest.mark.parametrize("between", ["begin", "hand_over", "step"])
def test_a_worker_killed_between_two_members_goes_on_where_it_was(world, pair, between, monkeypatch):
    from anywhere.operations.run import Run

    calls = {"left": 2}

    def dying(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if getattr(args[0], "operation", None) is not None and args[0].operation.kind != "install_stack":
                return original(*args, **kwargs)
            calls["left"] -= 1
            result = original(*args, **kwargs)
            if calls["left"] == 0:
                raise Killed
            return result

        return call

    where: Any = actions if between == "begin" else Run
    monkeypatch.setattr(where, between, dying(getattr(where, between)))
    row, operation = install(world, pair)
    assert work_all_though_killed(operation).state == "succeeded"
    assert releases(world) == ALL_DEPLOYED
    assert Operation.objects.filter(parent=operation, state="succeeded").count() == 3


def until_member(operation: Operation, member: str) -> Operation:
    """Give the member's operation, asked for and not begun."""
    for _ in range(40):
        child = Operation.objects.filter(parent=operation, subject_name=f"x-{member}").first()
        if child is not None:
            return child
        for each in Operation.objects.exclude(state__in=FINAL).order_by("created_at"):
            work(each)
    raise AssertionError("it was not begun")


def test_a_stop_ends_the_member_that_is_begun_and_says_what_is_left(world, pair):
    row, operation = install(world, pair)
    child = until_member(operation, "second")
    operations.cancel(operation)
    ended = work_all(operation)
    child.refresh_from_db()
    assert (ended.state, child.state) == ("cancelled", "cancelled")
    assert ended.error["kept"] == "x-first is installed and stays. x-second and x-app were not touched."
    assert states(ended) == [("preflight", "done"), ("first", "done"), ("second", "cancelled"), ("app", "skipped")]
    assert work_all(stacks.request_retry(row, world.owner)).state == "succeeded"
    assert releases(world) == ALL_DEPLOYED


def test_a_stop_in_the_middle_of_a_member_waits_for_its_end(world, pair):
    row, operation = install(world, pair)
    child = until_member(operation, "first")
    world.cell.plan(6, lambda: operations.cancel(operation))
    assert work(child) == "succeeded", "its worker is not asked before the stack's operation is taken up"
    ended = work_all(operation)
    assert (ended.state, Operation.objects.filter(parent=operation).count()) == ("cancelled", 1)
    assert "x-first is installed and stays." in ended.error["detail"]
    assert stacks.Stack.objects.get(pk=row.pk).state == "present"


def test_the_cause_of_a_failed_member_is_the_stack_s_and_the_others_stay(world, pair):
    row, operation = install(world, pair)
    until_member(operation, "second")
    world.cell.fail("install_or_upgrade", Invalid("spec.replicas: Invalid value"))
    ended = work_all(operation)
    assert ended.state == "failed"
    child = Operation.objects.get(parent=operation, subject_name="x-second")
    assert (ended.error["code"], ended.error["detail"]) == (child.error["code"], child.error["detail"])
    assert ended.error["title"] == f"x-second: {child.error['title']}"
    assert ended.error["kept"] == "x-first is installed and stays. x-second was begun; its page says what is left. " \
                                  "x-app was not touched."  # fmt: skip
    assert [w["action"] for w in ended.error["next"]] == ["change", "retry", "uninstall"]
    assert states(ended)[1:] == [("first", "done"), ("second", "failed"), ("app", "pending")]
    before = list(world.cell.applied)
    again = work_all(stacks.request_retry(row, world.owner))
    assert (again.state, again.error) == ("succeeded", None)
    assert [s["detail"] for s in again.steps] == ["done before", "installed before", "", ""]
    assert len(world.cell.applied) == len(before) + 2, "the first one is left alone"
    assert [c.kind for c in Operation.objects.filter(parent=again).order_by("created_at")] == ["retry", "install"]


def test_a_retry_waits_for_what_a_person_already_does_with_the_member(world, pair):
    row, operation = install(world, pair)
    until_member(operation, "second")
    world.cell.fail("install_or_upgrade", Forbidden("no"))
    work_all(operation)
    own = actions.request_retry(service_of(row, "second"), world.owner)
    again = stacks.request_retry(row, world.owner)
    assert work(again) == "waiting"
    assert work_all(again).state == "succeeded"
    own.refresh_from_db()
    assert own.state == "succeeded"
    assert str(own.pk) in [step["operation"] for step in again.steps]


def test_a_change_a_person_asks_for_meanwhile_is_followed_to_its_end(world, pair):
    row, operation = install(world, pair)
    child = until_member(operation, "first")
    changed = actions.request_change(service_of(row, "first"), world.owner, {"values": {"replicas": 2}})
    assert work_all(operation).state == "succeeded"
    child.refresh_from_db()
    assert (child.state, Operation.objects.get(pk=changed.pk).state) == ("superseded", "succeeded")


def test_a_member_that_was_uninstalled_by_itself_is_left_out_of_a_retry(world, pair):
    row, operation = install(world, pair)
    until_member(operation, "app")
    world.cell.fail("install_or_upgrade", Forbidden("no"))
    work_all(operation)
    second = service_of(row, "second")
    work_all(actions.request_uninstall(second, world.owner, delete_data=False, confirm="", force=True))
    again = work_all(stacks.request_retry(row, world.owner))
    assert states(again) == [("preflight", "skipped"), ("first", "done"), ("second", "skipped"), ("app", "done")]


# Uninstall


def installed(world: World, pair: Version, name: str = "x") -> Stack:
    row, operation = install(world, pair, name)
    assert work_all(operation).state == "succeeded"
    return row


def uninstall(world: World, row: Stack, delete: bool = False, confirm: str = "") -> Operation:
    return stacks.request_uninstall(row, world.owner, delete_data=delete, confirm=confirm)


def test_a_stack_is_uninstalled_in_reverse_order(world, pair):
    row = installed(world, pair)
    ended = work_all(uninstall(world, row))
    assert states(ended) == [("app", "done"), ("second", "done"), ("first", "done")]
    assert (ended.state, ended.result["data_deleted"], releases(world)) == ("succeeded", False, {})
    row.refresh_from_db()
    assert (row.state, {s.state for s in row.services.all()}) == ("uninstalled", {"uninstalled"})
    gone = [what for verb, what in world.cell.calls if verb == "uninstall"]
    assert gone == ["x-app", "x-second", "x-first"]
    with pytest.raises(errors.Gone):
        uninstall(world, row)
    assert installed(world, pair).state == "present", "the name is free again"


def test_the_data_goes_only_after_the_stack_s_name_was_typed(world, pair):
    row = installed(world, pair)
    with pytest.raises(errors.NotConfirmed, match="Type x to delete"):
        uninstall(world, row, True, "x-first")
    ended = work_all(uninstall(world, row, True, "x"))
    assert ended.result == {"data_kept": [], "data_deleted": True}
    assert {s.secrets_blob for s in Service.objects.filter(stack=row)} == {None}


def test_a_new_stack_of_the_name_opens_the_kept_data_with_the_old_passwords(world, pair):
    row = installed(world, pair)
    first = service_of(row, "first")
    password = first.secrets["auth.password"]
    work_all(uninstall(world, row))
    Service.objects.filter(pk=first.pk).update(data_kept=[{"name": "data-x-first-0"}])
    assert service_of(installed(world, pair), "first").secrets["auth.password"] == password


def test_a_stack_that_never_fitted_leaves_nothing(world, pair):
    with_requests(world, "3")
    row, operation = install(world, pair)
    work_all(operation)
    ended = work_all(uninstall(world, row))
    assert (ended.state, Service.objects.filter(stack=row).count(), releases(world)) == ("succeeded", 0, {})


def test_an_uninstall_takes_the_place_of_an_install_that_goes_on(world, pair):
    row, operation = install(world, pair)
    until_member(operation, "second")
    ended = work_all(uninstall(world, row))
    operation.refresh_from_db()
    assert (operation.state, ended.state, releases(world)) == ("superseded", "succeeded", {})


def test_a_worker_killed_at_any_call_of_an_uninstall_ends_with_nothing_left(world, pair):
    row = installed(world, pair, "m")
    before = len(world.cell.calls)
    work_all(uninstall(world, row))
    for number in range(1, len(world.cell.calls) - before + 1, 5):
        row = installed(world, pair, f"u{number}")
        operation = uninstall(world, row)
        world.cell.plan(number, die)
        assert work_all_though_killed(operation).state == "succeeded"
        assert releases(world) == {}


def test_a_member_that_others_are_bound_to_is_not_uninstalled_by_itself_without_saying_so_twice(world, pair):
    row = installed(world, pair)
    first = service_of(row, "first")
    with pytest.raises(errors.OthersAreBound) as refused:
        actions.request_uninstall(first, world.owner, delete_data=False, confirm="")
    assert refused.value.detail == "x-app is bound to x-first and will not work without it."
    assert [way["action"] for way in refused.value.next] == ["uninstall_others", "force"]
    assert work_all(
        actions.request_uninstall(first, world.owner, delete_data=False, confirm="", force=True)
    ).state == "succeeded"  # fmt: skip
    assert work_all(
        actions.request_uninstall(service_of(row, "app"), world.owner, delete_data=False, confirm="")
    ).state == "succeeded"  # fmt: skip
    row.refresh_from_db()
    assert row.state == "present"
    work_all(actions.request_uninstall(service_of(row, "second"), world.owner, delete_data=False, confirm=""))
    row.refresh_from_db()
    assert row.state == "uninstalled", "a stack ends with its last member"


def test_an_operation_of_a_dead_worker_is_taken_up_while_it_waits(world, pair):
    _, operation = install(world, pair)
    world.cell.plan(1, die)
    work_until_killed(operation)
    operation.refresh_from_db()
    assert work_all(operation).state == "succeeded"
