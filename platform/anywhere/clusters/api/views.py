"""The addresses of clusters."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from anywhere.accounts import access as organizations
from anywhere.clusters import access, actions, practice, selectors
from anywhere.clusters.api import serializers as shapes
from anywhere.clusters.errors import NotPractice
from anywhere.clusters.models import Cluster
from anywhere.lib.api.serializers import EmptyIn, page_of
from anywhere.lib.api.views import ApiRequest, ApiView
from anywhere.operations.api.serializers import OperationOut


class Clusters(ApiView):
    """The clusters of an organization."""

    is_paged = True
    ordering = ("name", "id")

    @extend_schema(
        operation_id="clusters_list", parameters=[OpenApiParameter("q", str)], responses=page_of(shapes.ClusterOut)
    )
    def get(self, request: ApiRequest, org: str) -> Response:
        """Give a page of clusters, by name."""
        organization = organizations.get_organization(request.user, org)
        rows = selectors.clusters(organization, request.query_params.get("q", ""))
        return self.page(rows, shapes.ClusterOut, operations=selectors.last_operations(organization))

    @extend_schema(operation_id="clusters_register", request=shapes.RegisterIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, org: str) -> Response:
        """Register a cluster by a kubeconfig, which is used once and forgotten."""
        organization = organizations.get_organization(request.user, org, to="change")
        operation = actions.request_register(organization, request.user, **self.read(shapes.RegisterIn))
        return self.accepted(OperationOut(operation).data)


class Inspect(ApiView):
    """What a kubeconfig holds."""

    keep_answers = "no"

    @extend_schema(operation_id="clusters_inspect", request=shapes.InspectIn, responses=shapes.InspectOut)
    def post(self, request: ApiRequest, org: str) -> Response:
        """Give what would be taken and created; nothing is stored and nothing is connected to."""
        organization = organizations.get_organization(request.user, org, to="change")
        return self.show(shapes.InspectOut, selectors.inspect(organization, **self.read(shapes.InspectIn)))


class PracticeClusters(ApiView):
    """Practice clusters of an organization."""

    @extend_schema(operation_id="clusters_practice", request=shapes.PracticeIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, org: str) -> Response:
        """Make a simulated cluster and register it."""
        organization = organizations.get_organization(request.user, org, to="change")
        operation = actions.request_practice(organization, request.user, **self.read(shapes.PracticeIn))
        return self.accepted(OperationOut(operation).data)


class ClusterDetail(ApiView):
    """One cluster."""

    def _shown(self, cluster: Cluster) -> Response:
        row = selectors.with_counts(access.present()).get(pk=cluster.pk)
        operations = selectors.last_operations(cluster.organization, cluster.pk)
        return self.show(shapes.ClusterOut, row, operations=operations)

    @extend_schema(operation_id="clusters_show", responses=shapes.ClusterOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give the cluster with its last known facts."""
        return self._shown(access.get_cluster(request.user, id))

    @extend_schema(operation_id="clusters_rename", request=shapes.RenameIn, responses=shapes.ClusterOut)
    def patch(self, request: ApiRequest, id: UUID) -> Response:
        """Rename the cluster."""
        cluster = access.get_cluster(request.user, id, to="change")
        return self._shown(actions.rename(cluster, request.user, **self.read(shapes.RenameIn)))

    @extend_schema(
        operation_id="clusters_remove",
        request=shapes.RemoveIn,
        parameters=[OpenApiParameter("forget", bool)],
        responses={202: OperationOut},
    )
    def delete(self, request: ApiRequest, id: UUID) -> Response:
        """Remove the cluster: our account there goes, nothing is uninstalled."""
        cluster = access.get_cluster(request.user, id, to="change")
        body = self.read(shapes.RemoveIn)
        forget = body["forget"] or request.query_params.get("forget") == "true"
        operation = actions.request_remove(cluster, request.user, forget=forget)
        return self.accepted(OperationOut(operation).data)


class ClusterCredential(ApiView):
    """The credential of a cluster."""

    @extend_schema(
        operation_id="clusters_replace_credential", request=shapes.KubeconfigIn, responses={202: OperationOut}
    )
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Make our account anew with another kubeconfig."""
        cluster = access.get_cluster(request.user, id, to="change")
        operation = actions.request_replace_credential(cluster, request.user, **self.read(shapes.KubeconfigIn))
        return self.accepted(OperationOut(operation).data)


class ClusterRefresh(ApiView):
    """Reading a cluster anew."""

    @extend_schema(operation_id="clusters_refresh", request=EmptyIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Read what the cluster has."""
        cluster = access.get_cluster(request.user, id, to="change")
        self.read(EmptyIn)
        return self.accepted(OperationOut(actions.request_refresh(cluster, request.user)).data)


class ClusterOptions(ApiView):
    """What the install form offers to choose from."""

    @extend_schema(operation_id="clusters_options", responses=shapes.OptionsOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give namespaces, storage classes and ingress classes of the last inventory."""
        return self.show(shapes.OptionsOut, selectors.options(access.get_cluster(request.user, id)))


class PracticeSettings(ApiView):
    """What a practice cluster is told to do."""

    @extend_schema(operation_id="clusters_practice_settings", responses=shapes.PracticeSettingsOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give the settings."""
        cluster = access.get_cluster(request.user, id)
        if not cluster.is_practice or not cluster.practice_id:
            raise NotPractice("Only practice clusters have these settings.")
        return self.show(shapes.PracticeSettingsOut, practice.read(cluster.practice_id))

    @extend_schema(
        operation_id="clusters_practice_configure",
        request=shapes.PracticeSettingsIn,
        responses=shapes.PracticeSettingsOut,
    )
    def patch(self, request: ApiRequest, id: UUID) -> Response:
        """Tell the practice cluster to fail, to stop failing, or how fast to be."""
        cluster = access.get_cluster(request.user, id, to="change")
        body = self.read(shapes.PracticeSettingsIn)
        return self.show(shapes.PracticeSettingsOut, actions.configure_practice(cluster, request.user, **body))
