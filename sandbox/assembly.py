"""The sandbox as a whole: all servers, and what a test or a person needs to use them."""

from __future__ import annotations

import os
import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from sandbox.addresses import Addresses
from sandbox.blob.accounts import PACKAGES_ACCOUNT
from sandbox.blob.azurite import Azurite
from sandbox.blob.gate import BlobGate
from sandbox.blob.policies import BlobSwitches
from sandbox.declared import (
    GITHUB_SUBJECT,
    PIPELINES_SUBJECT,
    WORKLOAD_SUBJECT,
    declare_feeds,
    declare_workspaces,
)
from sandbox.feed.access import FeedAccess
from sandbox.feed.artifacts import Artifacts
from sandbox.feed.feed import FeedSwitches
from sandbox.feed.storage import Storage
from sandbox.feed.tokens import FeedTokens
from sandbox.identity.access_tokens import DEVOPS_RESOURCE, STORAGE_RESOURCE, AccessTokens
from sandbox.identity.accounts import FederatedSubject, Identity, declare_identities
from sandbox.identity.application_certificates import ApplicationCertificates
from sandbox.identity.instance_metadata import InstanceMetadata
from sandbox.identity.sign_in import SignIn
from sandbox.identity.token_issuers import GitHubIssuer, PipelinesIssuer, TokenIssuer
from sandbox.index.package_index import package_index
from sandbox.index.public_index import PublicIndex, index_variables, upstream_url
from sandbox.network.certificates import BUNDLE_VARIABLES
from sandbox.network.faults import Faults
from sandbox.network.recording import Doorkeeper, RecordedRequest
from sandbox.network.server import LoopbackServer
from sandbox.workspace.artifact_service import ArtifactService, ArtifactSwitches
from sandbox.workspace.resource_manager import ResourceManager
from sandbox.workspace.workspace import Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Sandbox(Addresses):
    """Azure on loopback. Its secrets are random, and differ from those of any other sandbox.

    Args:
        directory: Everything that it writes is below this directory.
        public_names: Whether it answers under the names of the public cloud, to clients that use
            its proxy.
        azurite: Holds the blobs, and is emptied when they are first used; by default, one of its
            own is started then.
    """

    def __init__(
        self, directory: Path, *, public_names: bool = False, azurite: Azurite | None = None
    ) -> None:
        super().__init__(directory, public_names=public_names, azurite=azurite)
        self.requests: list[RecordedRequest] = []
        self.faults = Faults()
        self.feed_switches = FeedSwitches()
        self.blob_switches = BlobSwitches()
        self.artifact_switches = ArtifactSwitches()
        self.tokens = FeedTokens()
        self.access_tokens = AccessTokens()
        self.certificates = ApplicationCertificates()
        # Under public names nothing leaves the machine, and the real index would be this one.
        upstream = "" if public_names else upstream_url(os.environ)
        self.public_index = PublicIndex(directory / "public-index", upstream)
        self.plain_index_account = ("builder", secrets.token_urlsafe(24))
        self.tenant_id = str(uuid.uuid4())
        # Of the Azure Pipelines service connection that can sign in.
        self.service_connection_id = str(uuid.uuid4())
        self._workspaces = declare_workspaces(self.tenant_id)
        self._declare_issuers()
        self._gate = BlobGate(
            accounts=self._storage,
            access_tokens=self.access_tokens,
            switches=self.blob_switches,
            sign_in_url=self.url("sign-in"),
            tenant_id=self.tenant_id,
        )
        self.identities = declare_identities(
            tenant_id=self.tenant_id,
            subscription_id=self._workspaces["acme-ml"].subscription_id,
            resource_group="ml",
            packages_account=PACKAGES_ACCOUNT,
            federated=frozenset(
                FederatedSubject(issuer=issuer.url, subject=subject)
                for issuer, subject in (
                    (self.github, GITHUB_SUBJECT),
                    (self.azure_pipelines, PIPELINES_SUBJECT),
                    (self.workload_identity, WORKLOAD_SUBJECT),
                )
            ),
        )

    def __enter__(self) -> Sandbox:
        self._proxy.start()
        for name, application in self._applications().items():
            self._servers[name].start(Doorkeeper(name, application, self.faults, self.requests))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # At the same time: each waits for its own poll.
        with ThreadPoolExecutor(len(self._servers) + 1) as pool:
            pool.submit(self._proxy.stop)
            list(pool.map(LoopbackServer.stop, self._servers.values()))
        self._gate.close()
        self._storage.close()

    def workspace(self, name: str) -> Workspace:
        return self._workspaces[name]

    def public_project(self, name: str, version: str = "99.0") -> Path:
        """Publish a project of this name on the public index, and return its wheel."""
        return self.public_index.add_project(name, version)

    # --- what a client's process needs to know

    def environ(self) -> dict[str, str]:
        """Return the variables that make a client trust and use the sandbox."""
        loopback = "localhost,127.0.0.1"
        access = {"ARM_CLOUD_METADATA_URL": self.metadata_url}
        if self._names:
            access = {"HTTPS_PROXY": self._proxy.url}
        return {
            **dict.fromkeys(BUNDLE_VARIABLES, str(self.ca_file)),
            **access,
            "NO_PROXY": loopback,
            "no_proxy": loopback,
            **index_variables(self.public_index_url, os.environ),
        }

    def github_oidc_environ(self, subject: str = GITHUB_SUBJECT) -> dict[str, str]:
        """Return the variables of a GitHub job with `id-token: write`."""
        return self.github.job_environ(subject)

    def azure_pipelines_environ(self) -> dict[str, str]:
        return {"SYSTEM_OIDCREQUESTURI": self.azure_pipelines.request_url}

    def managed_identity_environ(self) -> dict[str, str]:
        """Return the variables of a machine whose managed identity is the contributor."""
        return {"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.url("instance-metadata")}

    def service_principal_environ(self, identity: Identity) -> dict[str, str]:
        return {
            "AZURE_AUTHORITY_HOST": self.url("sign-in"),
            "AZURE_TENANT_ID": identity.tenant_id,
            "AZURE_CLIENT_ID": identity.client_id,
            "AZURE_CLIENT_SECRET": identity.secret,
        }

    def workload_identity_environ(self, identity: Identity) -> dict[str, str]:
        """Return the variables of a pod, and write its token to a file, as a cluster does."""
        file = self.directory / f"{uuid.uuid4()}.jwt"
        file.write_text(self.workload_identity.issue(WORKLOAD_SUBJECT), encoding="ascii")
        return {
            "AZURE_AUTHORITY_HOST": self.url("sign-in"),
            "AZURE_TENANT_ID": identity.tenant_id,
            "AZURE_CLIENT_ID": identity.client_id,
            "AZURE_FEDERATED_TOKEN_FILE": str(file),
        }

    # --- the parts

    def _declare_issuers(self) -> None:
        self.github = GitHubIssuer(self.url("github"))
        self.azure_pipelines = PipelinesIssuer(
            self.url("azure-pipelines"),
            system_access_token=self.tokens.system_access,
            subjects={self.service_connection_id: PIPELINES_SUBJECT},
        )
        # Only its tokens are needed, so nothing answers there.
        self.workload_identity = TokenIssuer("https://cluster.invalid/oidc")

    def _applications(self) -> dict[str, WSGIApplication]:
        storage = Storage(self.url("storage"))
        resources = (self.url("arm"), DEVOPS_RESOURCE, STORAGE_RESOURCE)
        return {
            "arm": ResourceManager(
                url=self.url("arm"),
                sign_in_url=self.url("sign-in"),
                discovery_url=f"{self.url('artifact-service')}/discovery",
                storage_suffix=self._storage.suffix,
                access_tokens=self.access_tokens,
                workspaces=self._workspaces.values(),
            ),
            "artifact-service": ArtifactService(
                url=self.url("artifact-service"),
                audience=self.url("arm"),
                access_tokens=self.access_tokens,
                workspaces=self._workspaces.values(),
                accounts=self._storage,
                switches=self.artifact_switches,
            ),
            "azure-pipelines": self.azure_pipelines,
            "blob": self._gate,
            "feed": self._artifacts(storage),
            "github": self.github,
            "instance-metadata": InstanceMetadata(
                assigned=self.identities.contributor,
                access_tokens=self.access_tokens,
                resources=resources,
            ),
            "plain-index": package_index(self.directory / "plain-index", accepts=self._accepts),
            "public-index": self.public_index,
            "sign-in": SignIn(
                url=self.url("sign-in"),
                identities=self.identities,
                access_tokens=self.access_tokens,
                issuers=(self.github, self.azure_pipelines, self.workload_identity),
                certificates=self.certificates,
                resources=resources,
            ),
            "storage": storage,
        }

    def _artifacts(self, storage: Storage) -> Artifacts:
        access = FeedAccess(
            feed_tokens=self.tokens,
            access_tokens=self.access_tokens,
            tenants={"acme": self.tenant_id, "globex": str(uuid.uuid4())},
            sign_in_url=self.url("sign-in"),
            realm=self.url("feed"),
        )
        return Artifacts(
            url=self.url("feed"),
            feeds=declare_feeds(self.directory / "feeds", self.feed_switches),
            access=access,
            storage=storage,
        )

    def _accepts(self, user: str, password: str) -> bool:
        return (user, password) == self.plain_index_account
