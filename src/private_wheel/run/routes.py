"""The routes of a run, made from the configuration: which place, and as whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from private_wheel.azure.http import HttpClients
from private_wheel.azure.sign_in import Mask, SignIn
from private_wheel.azure.workspace_id import WorkspaceId, short_names
from private_wheel.inputs.config import Config
from private_wheel.publish.blob.credential import emulator_key, storage_credential
from private_wheel.publish.feed.accounts import Account, FeedCredentials, feed_writer
from private_wheel.publish.feed.address import FeedAddress
from private_wheel.publish.nowhere import Nowhere
from private_wheel.publish.route import Route

if TYPE_CHECKING:
    from private_wheel.publish.blob.storage import BlobStorage
    from private_wheel.publish.blob.wheel import ExistingRules


class Routes:
    """Makes the routes; what they share is closed with it. Modules of a route are loaded when it is wanted."""

    def __init__(
        self,
        config: Config,
        sign_in: SignIn,
        http: HttpClients,
        environ: Mapping[str, str],
        mask: Mask,
    ) -> None:
        self._config, self._sign_in, self._http = config, sign_in, http
        self._environ, self._mask = environ, mask
        self._storage: BlobStorage | None = None

    def close(self) -> None:
        if self._storage:
            self._storage.close()

    def outside_workspaces(self, reader: Account | None) -> tuple[Route, ...]:
        """The route to a feed or a container, or nowhere. `reader` is the account that the workspace reads a feed with.

        Raises:
            InvalidInputs: the sign-in's token may not go there.
        """
        config = self._config
        if config.publish_to == "feed" and config.feed:
            from private_wheel.publish.feed.route import FeedRoute

            writer = self.feed_writer(config.feed)
            route = FeedRoute(
                config.feed,
                writer=writer,
                reader=reader,
                if_exists=config.if_exists,
                http=self._http,
            )
            return (route,)
        if config.publish_to == "blob" and config.container:
            from private_wheel.publish.blob.route import BlobRoute

            key = emulator_key(self._environ)
            credential = storage_credential(config.container, self._sign_in, key)
            return (BlobRoute(config.container, self._open_storage(), credential, self._rules),)
        return (Nowhere(),) if config.publish_to == "none" else ()

    def into_workspaces(
        self, resources: Mapping[WorkspaceId, Mapping[str, Any]]
    ) -> tuple[Route, ...]:
        """A route for each workspace, whose ARM resource tells where its services are.

        Raises:
            ServiceFailed, ServiceUnreachable
        """
        from private_wheel.publish.workspace.artifacts import ArtifactService
        from private_wheel.publish.workspace.route import PRIVATE_PACKAGES, WorkspaceRoute

        cloud = self._sign_in.cloud
        authorize = self._sign_in.bearer(cloud.arm_scope)
        routes: list[Route] = []
        for name, (workspace, resource) in zip(
            short_names(list(resources)), resources.items(), strict=True
        ):
            properties = resource.get("properties") or {}
            discovery_url = str(properties.get("discoveryUrl") or "")
            artifacts = ArtifactService(
                workspace, discovery_url, cloud, authorize, self._mask, self._http
            )
            account = str(properties.get("storageAccount") or "").rpartition("/")[2]
            folder = f"https://{account}.blob.{cloud.storage_suffixes[0]}/{PRIVATE_PACKAGES}"
            routes.append(
                WorkspaceRoute(name, artifacts, self._open_storage(), self._rules, folder)
            )
        return tuple(routes)

    def feed_writer(self, feed: FeedAddress) -> Account:
        """Raises as `outside_workspaces`."""
        config = self._config
        credentials = FeedCredentials(
            username=config.feed_username, token=config.feed_token, job_token=config.job_token
        )
        return feed_writer(feed, credentials, self._sign_in)

    @property
    def _rules(self) -> ExistingRules:
        from private_wheel.publish.blob.wheel import ExistingRules

        return ExistingRules(
            if_exists=self._config.if_exists, read_back=self._config.verify != "none"
        )

    def _open_storage(self) -> BlobStorage:
        from private_wheel.publish.blob.storage import BlobStorage

        self._storage = self._storage or BlobStorage(self._http)
        return self._storage
