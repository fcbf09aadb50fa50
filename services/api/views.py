"""The addresses of installed services."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import yaml
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from anywhere.accounts import access as organizations
from anywhere.clusters import access as clusters
from anywhere.clusters.models import Cluster
from anywhere.lib.api.serializers import EmptyIn, page_of
from anywhere.lib.api.views import ApiRequest, ApiView
from anywhere.operations import selectors as operation_selectors
from anywhere.operations.api.serializers import OperationOut
from catalog import access as catalog
from catalog.models import Kind
from services import access, actions, connect, nodes, selectors, stacks, suggestions
from services.api import serializers as shapes
from services.models import Revision

FILTERS = ("cluster", "package", "verdict", "q", "state", "stack")


class Services(ApiView):
    """The services of an organization."""

    is_paged = True

    @extend_schema(
        operation_id="services_list",
        parameters=[OpenApiParameter(name, str) for name in FILTERS],
        responses=page_of(shapes.ServiceOut),
    )
    def get(self, request: ApiRequest, org: str) -> Response:
        """Give a page of services."""
        organization = organizations.get_organization(request.user, org)
        filters = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
        return self.page(selectors.services(organization, **filters), shapes.ServiceOut)

    @extend_schema(operation_id="services_install", request=shapes.InstallIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, org: str) -> Response:
        """Give the operation that installs it."""
        organization = organizations.get_organization(request.user, org, to="change")
        body = self.read(shapes.InstallIn)
        cluster = clusters.get_cluster_by_name(organization, body["cluster"])
        _, operation = actions.request_install(
            organization,
            request.user,
            cluster=cluster,
            version=catalog.get_chart(body["package"], body.get("version", "")),
            name=body["name"],
            namespace=body.get("namespace") or suggestions.namespace_for(cluster, body["name"]),
            plan=body.get("plan"),
            values=body.get("values"),
        )
        return self.accepted(OperationOut(operation).data)


class Names(ApiView):
    """Names, checked as one types."""

    keep_answers = "no"

    @extend_schema(operation_id="services_names", request=shapes.NamesIn, responses=shapes.NamesOut)
    def post(self, request: ApiRequest, org: str) -> Response:
        """Give a suggestion and what stands against what was typed."""
        organization = organizations.get_organization(request.user, org)
        return self.show(shapes.NamesOut, suggestions.names(organization, **self.read(shapes.NamesIn)))


class Bindable(ApiView):
    """What a service that is being installed can be bound to."""

    @extend_schema(
        operation_id="services_bindable",
        parameters=[OpenApiParameter(name, str, required=True) for name in ("cluster", "namespace")],
        responses=shapes.BindableOut(many=True),
    )
    def get(self, request: ApiRequest, org: str) -> Response:
        """Give the services of a namespace that publish a binding."""
        organization = organizations.get_organization(request.user, org)
        where = (request.query_params.get(name, "") for name in ("cluster", "namespace"))
        return Response(shapes.BindableOut(selectors.bindable(organization, *where), many=True).data)


class Preflight(ApiView):
    """Whether a package fits on clusters."""

    @extend_schema(operation_id="services_preflight", request=shapes.PreflightIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, org: str) -> Response:
        """Give the question's operation; its result has the answer."""
        organization = organizations.get_organization(request.user, org)
        body = self.read(shapes.PreflightIn)
        found = Cluster.objects.filter(organization=organization).exclude(state__in=("removed", "removing"))
        if body.get("clusters"):
            found = found.filter(pk__in=body["clusters"])
        version = catalog.get_version(body["package"], body.get("version", ""))
        where = list(found[:50])
        if version.package.kind == Kind.STACK:
            operation = stacks.ask_preflight(
                organization, request.user, wanted=stacks.wanted(version, body), clusters=where
            )
            return self.accepted(OperationOut(operation).data)
        operation = actions.ask_preflight(
            organization,
            request.user,
            version=version,
            plan=body.get("plan"),
            values=body.get("values") or {},
            name=body.get("name", ""),
            namespace=body.get("namespace", ""),
            clusters=where,
        )
        return self.accepted(OperationOut(operation).data)


class ServiceDetail(ApiView):
    """One service."""

    @extend_schema(operation_id="services_show", responses=shapes.ServiceOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give the service."""
        service = access.get_service(request.user, id)
        usual = selectors.usual_seconds(service.operation) if service.operation else None
        to, by = selectors.bound_to(service), selectors.bound_by(service)
        return self.show(shapes.ServiceOut, service, usual_seconds=usual, bound_to=to, bound_by=by)


class ServicePlan(ApiView):
    """What a change would do."""

    @extend_schema(operation_id="services_plan", request=shapes.PlanIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Give the question's operation; its result has changes and refusals."""
        service = access.get_service(request.user, id)
        body = _with_version(service, self.read(shapes.PlanIn))
        return self.accepted(OperationOut(actions.ask_plan(service, request.user, body)).data)


def _with_version(service: Any, body: dict[str, Any]) -> dict[str, Any]:
    if body.get("version"):
        body["version"] = catalog.get_version(service.package.name, body["version"])
    return body


class ServiceChange(ApiView):
    """A change of values, plan or version."""

    @extend_schema(operation_id="services_change", request=shapes.ChangeIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Give the operation that changes it."""
        service = access.get_service(request.user, id, to="change")
        body = _with_version(service, self.read(shapes.ChangeIn))
        return self.accepted(OperationOut(actions.request_change(service, request.user, body)).data)


class ServiceRollback(ApiView):
    """Going back to a revision."""

    @extend_schema(operation_id="services_rollback", request=shapes.RollbackIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Give the operation that goes back."""
        service = access.get_service(request.user, id, to="change")
        number = self.read(shapes.RollbackIn)["revision"]
        return self.accepted(OperationOut(actions.request_rollback(service, request.user, number)).data)


class ServiceScale(ApiView):
    """Scaling."""

    @extend_schema(operation_id="services_scale", request=shapes.ScaleIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Give the operation that scales it."""
        service = access.get_service(request.user, id, to="change")
        body = self.read(shapes.ScaleIn)
        operation = actions.request_scale(service, request.user, body.get("component"), body["replicas"])
        return self.accepted(OperationOut(operation).data)


class ServiceRetry(ApiView):
    """Applying the same again."""

    @extend_schema(operation_id="services_retry", request=EmptyIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Give the operation that applies it again."""
        service = access.get_service(request.user, id, to="change")
        self.read(EmptyIn)
        return self.accepted(OperationOut(actions.request_retry(service, request.user)).data)


class ServiceProcedures(ApiView):
    """What can be done with a service beside changing it."""

    @extend_schema(operation_id="services_procedures", responses=shapes.ProceduresOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give the procedures of its package."""
        service = access.get_service(request.user, id)
        return self.show(shapes.ProceduresOut, {"results": selectors.procedures(service)})


class ServiceProcedure(ApiView):
    """A procedure of the package."""

    @extend_schema(operation_id="services_run", request=EmptyIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, id: UUID, name: str) -> Response:
        """Give the operation that runs it."""
        service = access.get_service(request.user, id, to="change")
        self.read(EmptyIn)
        return self.accepted(OperationOut(actions.request_procedure(service, request.user, name)).data)


class ServiceNodes(ApiView):
    """The nodes of a service."""

    @extend_schema(operation_id="services_nodes", responses=shapes.ServiceNodesOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give each node with its role and how far it is behind, asked just now."""
        service = access.get_service(request.user, id)
        return self.show(shapes.ServiceNodesOut, {"results": nodes.look(service)})


class ServiceUninstall(ApiView):
    """Uninstalling."""

    @extend_schema(operation_id="services_uninstall", request=shapes.UninstallIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Give the operation that uninstalls it."""
        service = access.get_service(request.user, id, to="change")
        operation = actions.request_uninstall(service, request.user, **self.read(shapes.UninstallIn))
        return self.accepted(OperationOut(operation).data)


class ServiceValues(ApiView):
    """The values of a service."""

    @extend_schema(operation_id="services_values", responses=shapes.ValuesOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give the values; secrets are masks."""
        service = access.get_service(request.user, id)
        merged = selectors.masked_merged(service)
        return Response(
            {
                "values": selectors.masked_values(service),
                "merged_yaml": yaml.safe_dump(merged, sort_keys=False, allow_unicode=True),
                "defaults": service.version.values,
                "schema": service.version.schema,
                "version": service.version.version,
                "plan": service.plan,
            }
        )


class ServiceConnect(ApiView):
    """How to connect to a service."""

    @extend_schema(operation_id="services_connect", responses=shapes.ConnectOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give endpoints and snippets; no credentials."""
        return self.show(shapes.ConnectOut, connect.describe(access.get_service(request.user, id)))


class ServiceReveal(ApiView):
    """The credentials of a service."""

    keep_answers = "no"

    @extend_schema(operation_id="services_reveal", request=EmptyIn, responses=shapes.RevealOut)
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Give the credentials; asking is audited."""
        service = access.get_service(request.user, id, to="change")
        self.read(EmptyIn)
        answer = Response({"credentials": connect.reveal(service, request.user)})
        answer["Cache-Control"] = "no-store"
        return answer


class ServiceEvents(ApiView):
    """What happened to a service."""

    @extend_schema(operation_id="services_events", responses=shapes.ServiceEventsOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give the last events, newest first."""
        service = access.get_service(request.user, id)
        return self.show(shapes.ServiceEventsOut, {"results": selectors.events(service)})


class ServiceHistory(ApiView):
    """The revisions of a service."""

    is_paged = True
    ordering = ("-number",)

    @extend_schema(operation_id="services_history", responses=page_of(shapes.RevisionOut))
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give the revisions, newest first."""
        service = access.get_service(request.user, id)
        rows = Revision.objects.filter(service=service).select_related("version", "requested_by").defer("secrets_blob")
        return self.page(rows, shapes.RevisionOut)


class ServiceObjects(ApiView):
    """What a service is made of."""

    @extend_schema(operation_id="services_objects", responses=shapes.ObjectsOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give workloads, pods and volumes as they were seen last."""
        service = access.get_service(request.user, id)
        return Response({**selectors.objects(service), "observed_at": service.observed_at})


class Overview(ApiView):
    """Home."""

    @extend_schema(operation_id="organizations_overview", responses=shapes.OverviewOut)
    def get(self, request: ApiRequest, org: str) -> Response:
        """Give what needs a person, what runs, what happened."""
        organization = organizations.get_organization(request.user, org)
        overview = {
            "needs_attention": selectors.needs_attention(organization),
            "counts": selectors.counts(organization),
            "recent": operation_selectors.operations(organization).filter(parent=None).order_by("-created_at")[:10],
        }
        return self.show(shapes.OverviewOut, overview)


class ProviderPackages(ApiView):
    """The packages of a provider: installs by version, health, failed operations and their causes."""

    @extend_schema(operation_id="providers_packages", responses=shapes.ProviderPackagesOut)
    def get(self, request: ApiRequest, slug: str) -> Response:
        """Give each package."""
        provider = catalog.get_provider(request.user, slug)
        return self.show(shapes.ProviderPackagesOut, {"results": selectors.provider_packages(provider)})
