"""The cloud of a run: by its name, or as an ARM metadata endpoint describes it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

from private_wheel.azure.answers import json_object, server_reason
from private_wheel.azure.clouds import CLOUDS, PUBLIC_AUDIENCE, Cloud
from private_wheel.azure.http import HttpClients
from private_wheel.errors import UnknownCloud
from private_wheel.secrets.addresses import check_address
from private_wheel.secrets.quoting import quoted

_FIX = (
    "Specify a cloud name, or the URL of its ARM metadata, such as"
    " https://HOST/metadata/endpoints?api-version=2019-05-01."
)


def find_cloud(value: str, metadata_url: str, http: HttpClients) -> Cloud:
    """Find the cloud of a run.

    Args:
        value: A name, or the URL of ARM metadata that describes a single cloud.
        metadata_url: The ARM metadata that describes a cloud given by its name. If empty, the
            name must be a known one.
        http: Makes the client.

    Raises:
        UnknownCloud: No such cloud is known, or the URL does not describe it.
        ServiceUnreachable: The URL cannot be reached.
    """
    if "://" in value:
        return _from_metadata(value, "", http)
    if metadata_url:
        return _from_metadata(metadata_url, value, http)
    known = CLOUDS.get(value)
    if not known:
        raise UnknownCloud(f"{quoted(value)} is not a known cloud.", input="cloud", fix=_FIX)
    return known


def _from_metadata(url: str, name: str, http: HttpClients) -> Cloud:
    try:
        check_address(url)
        clouds = _described_clouds(url, http)
    except (ValueError, KeyError, TypeError) as error:
        raise _unknown(url, f"{type(error).__name__}: {error}") from None
    if not clouds:
        raise _unknown(url, "it does not describe a cloud")
    for cloud in clouds:
        if cloud.name == name:
            return cloud
    if name and len(clouds) > 1:
        names = ", ".join(cloud.name for cloud in clouds)
        raise _unknown(url, f"it describes {names}, not {name}")
    # A single one may have a name of its own, as the sandbox's does.
    return clouds[0]


def _described_clouds(url: str, http: HttpClients) -> list[Cloud]:
    with closing(http.client(url)) as client:
        response = client.request("GET", url)
    if response.status_code != 200:
        raise _unknown(url, server_reason(response))
    if response.text.lstrip().startswith("["):
        return [_cloud(entry) for entry in response.json()]
    return [_cloud(json_object(response))]


def _cloud(entry: Mapping[str, object]) -> Cloud:
    """Read one entry of ARM metadata, in the form of api-version 2019-05-01 and later."""
    authentication = entry["authentication"]
    if not isinstance(authentication, dict):
        raise TypeError("authentication is not an object")
    arm, authority = str(entry["resourceManager"]), str(authentication["loginEndpoint"])
    check_address(arm)
    check_address(authority)
    suffixes = entry.get("suffixes")
    storage = ""
    if isinstance(suffixes, dict):
        storage = str(suffixes.get("storage") or "").strip(".").lower()
    name = str(entry["name"])
    known = CLOUDS.get(name)
    return Cloud(
        name=name,
        arm=arm.rstrip("/"),
        authority=authority.rstrip("/"),
        storage_suffixes=(storage,) if storage else (),
        audiences=known.audiences if known else (PUBLIC_AUDIENCE,),
        from_metadata=True,
    )


def _unknown(url: str, reason: str) -> UnknownCloud:
    return UnknownCloud(
        f"{url} does not return usable ARM metadata.",
        input="cloud",
        fix=_FIX,
        said=reason,
    )
