"""The workspace's artifact service: where SDK v1's `add_private_pip_wheel` registers a wheel and gets its links.

Source: azureml-core 1.61, azureml/_restclient/operations/artifact_operations.py
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests

from private_wheel.azure.answers import json_object, server_reason, shortened
from private_wheel.azure.clouds import Cloud
from private_wheel.azure.http import Authorize, HttpClients
from private_wheel.azure.identity import Mask
from private_wheel.azure.workspace_id import WorkspaceId
from private_wheel.errors import (
    CredentialRefused,
    PermissionMissing,
    PrivateWheelError,
    ServiceFailed,
)
from private_wheel.secrets.addresses import check_address, is_loopback

_FOLDER = "Environment/azureml-private-packages"
_CONFLICT = "Resource Conflict: ArtifactId"
# What a URL may hold that is written into an environment file and a summary.
_PATH = re.compile(r"[A-Za-z0-9._~/%+-]+")


class ArtifactService:
    """The artifacts of one workspace. Links are signed: their queries are secrets, and are masked when they come.

    `discovery_url` is the workspace's own; it names the service of its region, and is sent no token.
    """

    def __init__(
        self,
        workspace: WorkspaceId,
        discovery_url: str,
        cloud: Cloud,
        authorize: Authorize,
        mask: Mask,
        http: HttpClients,
    ) -> None:
        self._workspace, self._cloud, self._mask = workspace, cloud, mask
        self._http = http
        base_url = self._discover(discovery_url)
        self._client = http.client(base_url, authorize)
        self._root = f"{base_url}/artifact/v2.0{workspace.path}/artifacts"

    def close(self) -> None:
        self._client.close()

    def find(self, file_name: str) -> str | None:
        """A link to read the artifact; None if none of that name is registered.

        Raises:
            PermissionMissing, CredentialRefused, ServiceFailed, ServiceUnreachable
        """
        response = self._client.request(
            "GET", f"{self._root}/contentinfo/{_FOLDER}/{quote(file_name)}"
        )
        return (
            None if response.status_code == 404 else self._link(self._content(response), file_name)
        )

    def register(self, file_name: str) -> str:
        """A link to write the artifact's content, which is registered by it unless it was already. Raises as `find`."""
        response = self._client.request(
            "POST",
            f"{self._root}/batch/metadata/{_FOLDER}",
            headers={"Content-Type": "application/json-patch+json; charset=utf-8"},
            json={"paths": [{"path": file_name}]},
        )
        if response.status_code == 409:
            return self._write_link(file_name)
        answer = self._content(response)
        failed = _member(answer.get("errors"), file_name)
        if failed:
            message = shortened(
                str(_member(failed, "error").get("message") or "it gives no reason")
            )
            if _CONFLICT in message:
                return self._write_link(file_name)
            raise self._failed(message)
        return self._link(_member(answer.get("artifactContentInformation"), file_name), file_name)

    def _write_link(self, file_name: str) -> str:
        """A link to write what is registered already; an upload that broke off is finished by it."""
        response = self._client.request("GET", f"{self._root}/write/{_FOLDER}/{quote(file_name)}")
        return self._link(self._content(response), file_name)

    def _content(self, response: requests.Response) -> dict[str, Any]:
        if response.status_code == 200:
            return json_object(response)
        raise self._refusal(response)

    def _link(self, information: dict[str, Any], file_name: str) -> str:
        """The link in an answer, if it is one to this file in this cloud. Its signature is masked before that."""
        link = str(information.get("contentUri") or "")
        query = link.partition("?")[2]
        raw = [
            part.partition("=")[2] for part in query.split("&") if part.lower().startswith("sig=")
        ]
        self._mask([*raw, *map(unquote, raw)])
        try:
            self._check_host(link)
            parts = urlsplit(link)
            named = unquote(parts.path).endswith(f"/{_FOLDER}/{file_name}")
            if not named or parts.fragment or not _PATH.fullmatch(parts.path):
                raise ValueError("it is not for this file")
            if not self._cloud.has_storage(parts.hostname or ""):
                raise ValueError(f"{parts.hostname} is no blob host of {self._cloud.name}")
        except ValueError as error:
            raise self._failed(
                f"it gives no usable link: {str(error).replace(link, '***')}"
            ) from None
        return link

    def _check_host(self, url: str) -> None:
        """As `check_address`; and this machine itself is no place for a service, unless the cloud is on it."""
        check_address(url)
        if is_loopback(urlsplit(url).hostname or "") and not self._cloud.on_loopback:
            raise ValueError("it leads to this machine")

    def _discover(self, url: str) -> str:
        try:
            self._check_host(url)
            client = self._http.client(url)
            try:
                response = client.request("GET", url)
            finally:
                client.close()
            if response.status_code != 200:
                raise ValueError(server_reason(response))
            found = str(json_object(response).get("history") or "")
            self._check_host(found)
        except ValueError as error:
            raise self._failed(f"its address cannot be found: {error}") from None
        return found.rstrip("/")

    def _refusal(self, response: requests.Response) -> PrivateWheelError:
        said, name = server_reason(response), self._workspace.name
        if response.status_code == 403:
            return PermissionMissing(
                f"The signed-in identity may not register artifacts in workspace {name}.",
                input="workspace",
                fix="Give it the role AzureML Data Scientist or Contributor on the workspace.",
                said=said,
            )
        if response.status_code == 401:
            return CredentialRefused(
                f"The artifact service of workspace {name} did not accept the sign-in.",
                input="azure-client-id",
                fix="Check that the identity belongs to the workspace's tenant and cloud.",
                said=said,
            )
        return self._failed(said)

    def _failed(self, said: str) -> ServiceFailed:
        return ServiceFailed(
            f"The artifact service of workspace {self._workspace.name} failed.",
            input="workspace",
            fix="Run again: what is done is recognised.",
            said=said,
        )


def _member(answer: Any, name: str) -> dict[str, Any]:
    found = answer.get(name) if isinstance(answer, dict) else None
    return found if isinstance(found, dict) else {}
