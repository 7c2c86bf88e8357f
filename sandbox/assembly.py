"""Puts the sandbox together: all servers, and what a test or a person needs to know of them."""

from __future__ import annotations

import os
import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import quote

from sandbox.access_tokens import DEVOPS_RESOURCE, STORAGE_RESOURCE, AccessTokens
from sandbox.accounts import FederatedSubject, Identity, declare_identities
from sandbox.artifacts import Artifacts, FeedKey
from sandbox.certificates import BUNDLE_VARIABLES, Authority
from sandbox.faults import Faults
from sandbox.feed import Feed, FeedSwitches
from sandbox.feed_access import FeedAccess
from sandbox.feed_tokens import FeedTokens
from sandbox.package_index import package_index
from sandbox.proxy import Proxy
from sandbox.recording import Doorkeeper, RecordedRequest
from sandbox.resource_manager import ResourceManager
from sandbox.server import LoopbackServer
from sandbox.sign_in import SignIn
from sandbox.storage import Storage
from sandbox.token_issuers import GitHubIssuer, PipelinesIssuer, TokenIssuer
from sandbox.workspace import Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SERVERS = ("arm", "azure-pipelines", "feed", "github", "plain-index", "sign-in", "storage")
PUBLIC_NAMES = {
    "arm": "management.azure.com",
    "feed": "pkgs.dev.azure.com",
    "sign-in": "login.microsoftonline.com",
}
# Organisation and project; a feed named "python" is in each.
FEEDS = (("acme", None), ("acme", "ml"), ("acme", "data science"), ("globex", None))
WORKSPACES = {"acme-ml": "ml", "acme-test": "ml", "acme-locked": "ml-locked"}  # name -> resource group
GITHUB_SUBJECT = "repo:acme/acme-forecast:ref:refs/tags/v1.2.3"
PIPELINES_SUBJECT = "sc://acme/ml/acme-azure"
WORKLOAD_SUBJECT = "system:serviceaccount:ml:publisher"


class Sandbox:
    """Azure on loopback. Everything it writes is below `directory`; all that is secret is random in each.

    With `public_names`, clients that go through its proxy meet it under the names of the public cloud.
    """

    def __init__(self, directory: Path, *, public_names: bool = False) -> None:
        self.directory = directory
        self.requests: list[RecordedRequest] = []
        self.faults = Faults()
        self.feed_switches = FeedSwitches()
        self.tokens = FeedTokens()
        self.access_tokens = AccessTokens()
        self.plain_index_account = ("builder", secrets.token_urlsafe(24))
        self.tenant_id = str(uuid.uuid4())
        self.service_connection_id = str(uuid.uuid4())  # the Azure Pipelines connection that may sign in
        directory.mkdir(parents=True, exist_ok=True)
        self._names = PUBLIC_NAMES if public_names else {}
        authority = Authority(["localhost", "127.0.0.1", *self._names.values()])
        self.ca_file = authority.write_bundle(directory / "trusted.pem", os.environ)
        self.authority_file = authority.write_own(directory / "authority.pem")
        context = authority.server_context()
        self._servers = {name: LoopbackServer(context) for name in SERVERS}
        self._proxy = Proxy({host: self._servers[name].port for name, host in self._names.items()})
        self._workspaces = self._declare_workspaces()
        self._declare_issuers()
        self.identities = declare_identities(
            tenant_id=self.tenant_id,
            subscription_id=self._workspaces["acme-ml"].subscription_id,
            resource_group="ml",
            federated=frozenset(
                {
                    FederatedSubject(issuer=self.github.url, subject=GITHUB_SUBJECT),
                    FederatedSubject(issuer=self.azure_pipelines.url, subject=PIPELINES_SUBJECT),
                    FederatedSubject(issuer=self.workload_identity.url, subject=WORKLOAD_SUBJECT),
                }
            ),
        )

    def __enter__(self) -> Sandbox:
        self._proxy.start()
        for name, application in self._applications().items():
            self._servers[name].start(Doorkeeper(name, application, self.faults, self.requests))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ThreadPoolExecutor() as pool:  # each waits for its own poll, so together
            pool.submit(self._proxy.stop)
            list(pool.map(LoopbackServer.stop, self._servers.values()))

    # --- addresses

    def url(self, server: str) -> str:
        """The root of one of SERVERS, without a slash at the end."""
        return f"https://{self._names[server]}" if server in self._names else self._servers[server].url

    def feed_url(self, organisation: str, feed: str, project: str | None = None, api: str = "simple") -> str:
        scope = "/".join(quote(part) for part in (organisation, project) if part)
        return f"{self.url('feed')}/{scope}/_packaging/{feed}/pypi/{api}/"

    @property
    def plain_index_url(self) -> str:
        """Uploads go to its parent."""
        return f"{self.url('plain-index')}/simple/"

    @property
    def metadata_url(self) -> str:
        return f"{self.url('arm')}/metadata/endpoints?api-version=2019-05-01"

    def workspace(self, name: str) -> Workspace:
        return self._workspaces[name]

    # --- what a client's process needs to know

    def environ(self) -> dict[str, str]:
        """Variables that make a client trust and use the sandbox."""
        loopback = "localhost,127.0.0.1"
        found = {"HTTPS_PROXY": self._proxy.url} if self._names else {"ARM_CLOUD_METADATA_URL": self.metadata_url}
        return {
            **dict.fromkeys(BUNDLE_VARIABLES, str(self.ca_file)),
            **found,
            "NO_PROXY": loopback,
            "no_proxy": loopback,
        }

    def github_oidc_environ(self, subject: str = GITHUB_SUBJECT) -> dict[str, str]:
        """Variables of a GitHub job with `id-token: write`."""
        return self.github.job_environ(subject)

    def azure_pipelines_environ(self) -> dict[str, str]:
        return {"SYSTEM_OIDCREQUESTURI": self.azure_pipelines.request_url}

    def service_principal_environ(self, identity: Identity) -> dict[str, str]:
        return {
            "AZURE_AUTHORITY_HOST": self.url("sign-in"),
            "AZURE_TENANT_ID": identity.tenant_id,
            "AZURE_CLIENT_ID": identity.client_id,
            "AZURE_CLIENT_SECRET": identity.secret,
        }

    def workload_identity_environ(self, identity: Identity) -> dict[str, str]:
        """Variables of a pod; the token is in a file, as a cluster mounts it."""
        file = self.directory / f"{uuid.uuid4()}.jwt"
        file.write_text(self.workload_identity.issue(WORKLOAD_SUBJECT), encoding="ascii")
        return {
            "AZURE_AUTHORITY_HOST": self.url("sign-in"),
            "AZURE_TENANT_ID": identity.tenant_id,
            "AZURE_CLIENT_ID": identity.client_id,
            "AZURE_FEDERATED_TOKEN_FILE": str(file),
        }

    # --- the parts

    def _declare_workspaces(self) -> dict[str, Workspace]:
        subscription_id = str(uuid.uuid4())
        return {
            name: Workspace(subscription_id=subscription_id, resource_group=group, name=name, tenant_id=self.tenant_id)
            for name, group in WORKSPACES.items()
        }

    def _declare_issuers(self) -> None:
        self.github = GitHubIssuer(self.url("github"))
        self.azure_pipelines = PipelinesIssuer(
            self.url("azure-pipelines"),
            system_access_token=self.tokens.system_access,
            subjects={self.service_connection_id: PIPELINES_SUBJECT},
        )
        self.workload_identity = TokenIssuer("https://cluster.invalid/oidc")  # only its tokens are needed

    def _applications(self) -> dict[str, WSGIApplication]:
        storage = Storage(self.url("storage"))
        return {
            "arm": ResourceManager(
                url=self.url("arm"),
                sign_in_url=self.url("sign-in"),
                access_tokens=self.access_tokens,
                workspaces=self._workspaces.values(),
            ),
            "azure-pipelines": self.azure_pipelines,
            "feed": self._artifacts(storage),
            "github": self.github,
            "plain-index": package_index(self.directory / "plain-index", accepts=self._accepts),
            "sign-in": SignIn(
                url=self.url("sign-in"),
                identities=self.identities,
                access_tokens=self.access_tokens,
                issuers=(self.github, self.azure_pipelines, self.workload_identity),
                resources=(self.url("arm"), DEVOPS_RESOURCE, STORAGE_RESOURCE),
            ),
            "storage": storage,
        }

    def _artifacts(self, storage: Storage) -> Artifacts:
        feeds = {}
        for organisation, project in FEEDS:
            folder = self.directory / "feeds" / organisation / (project or "_organisation")
            feeds[FeedKey.of(organisation, project, "python")] = Feed("python", folder, self.feed_switches)
        access = FeedAccess(
            feed_tokens=self.tokens,
            access_tokens=self.access_tokens,
            tenants={"acme": self.tenant_id, "globex": str(uuid.uuid4())},
            sign_in_url=self.url("sign-in"),
            realm=self.url("feed"),
        )
        return Artifacts(url=self.url("feed"), feeds=feeds, access=access, storage=storage)

    def _accepts(self, user: str, password: str) -> bool:
        return (user, password) == self.plain_index_account
