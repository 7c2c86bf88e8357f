"""The workspace's artifact service.

There, SDK v1's `add_private_pip_wheel` registers a wheel and gets its links.
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
# What may be in a URL that is written into an environment file and a summary.
_PATH = re.compile(r"[A-Za-z0-9._~/%+-]+")


class ArtifactService:
    """The artifacts of one workspace.

    Links are signed, so their queries are secrets, which are masked on arrival. `discovery_url` is
    the workspace's own. It names the service of its region, and no token is sent to it.
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
        """Close the connections."""
        self._client.close()

    def find(self, file_name: str) -> str | None:
        """Return a link to read the artifact; None if none of that name is registered.

        Raises:
            PermissionMissing: The identity may not read artifacts.
            CredentialRefused: The service does not accept the sign-in.
            ServiceFailed: The service failed, or gave no usable link.
            ServiceUnreachable: The service gave no answer.
        """
        url = f"{self._root}/contentinfo/{_FOLDER}/{quote(file_name)}"
        response = self._client.request("GET", url)
        if response.status_code == 404:
            return None
        return self._link(self._content(response), file_name)

    def register(self, file_name: str) -> str:
        """Return a link to write the artifact's content. An artifact that is new is registered.

        Raises:
            PrivateWheelError: One of those of `find`.
        """
        response = self._client.request(
            "POST",
            f"{self._root}/batch/metadata/{_FOLDER}",
            headers={"Content-Type": "application/json-patch+json; charset=utf-8"},
            json={"paths": [{"path": file_name}]},
        )
        if response.status_code == 409:
            return self._write_link(file_name)
        answer = self._content(response)
        failure = _member(answer.get("errors"), file_name)
        if failure:
            message = shortened(str(_member(failure, "error").get("message") or "no reason given"))
            if _CONFLICT in message:
                return self._write_link(file_name)
            raise self._failed(message)
        return self._link(_member(answer.get("artifactContentInformation"), file_name), file_name)

    def _write_link(self, file_name: str) -> str:
        """Return a link to write a registered artifact, by which a broken upload is finished."""
        response = self._client.request("GET", f"{self._root}/write/{_FOLDER}/{quote(file_name)}")
        return self._link(self._content(response), file_name)

    def _content(self, response: requests.Response) -> dict[str, Any]:
        if response.status_code == 200:
            return json_object(response)
        raise self._refusal(response)

    def _link(self, information: dict[str, Any], file_name: str) -> str:
        """Return the link in an answer, if it is one to this file in this cloud.

        Its signature is masked before anything else is done with it.
        """
        link = str(information.get("contentUri") or "")
        self._mask(_signatures(link))
        try:
            self._check_host(link)
            parts = urlsplit(link)
            is_for_file = unquote(parts.path).endswith(f"/{_FOLDER}/{file_name}")
            if not is_for_file or parts.fragment or not _PATH.fullmatch(parts.path):
                raise ValueError("it is not for this file")
            if not self._cloud.has_storage(parts.hostname or ""):
                raise ValueError(f"{parts.hostname} is not a blob host of {self._cloud.name}")
        except ValueError as error:
            reason = str(error).replace(link, "***")
            raise self._failed(f"it gives no usable link: {reason}") from None
        return link

    def _check_host(self, url: str) -> None:
        """Check an address. A service is on this machine only if the cloud is."""
        check_address(url)
        if is_loopback(urlsplit(url).hostname or "") and not self._cloud.on_loopback:
            raise ValueError("it is an address of this machine")

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
            service_url = str(json_object(response).get("history") or "")
            self._check_host(service_url)
        except ValueError as error:
            raise self._failed(f"its address was not found: {error}") from None
        return service_url.rstrip("/")

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
            fix="Run again: completed steps are skipped.",
            said=said,
        )


def _signatures(link: str) -> list[str]:
    """Return the signatures in a link's query, as they are and decoded."""
    query = link.partition("?")[2]
    signatures = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name.lower() == "sig":
            signatures += [value, unquote(value)]
    return signatures


def _member(answer: Any, name: str) -> dict[str, Any]:
    value = answer.get(name) if isinstance(answer, dict) else None
    return value if isinstance(value, dict) else {}
