"""The declaration of the blob route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from private_wheel.publish.declaration import Destination, RouteDeclaration

if TYPE_CHECKING:
    from private_wheel.publish.blob.address import ContainerAddress
    from private_wheel.publish.context import RouteContext
    from private_wheel.publish.route import Route


def _parse(value: str) -> ContainerAddress:
    from private_wheel.publish.blob.address import parse_container

    return parse_container(value)


def _summary(container: ContainerAddress) -> str:
    return f"Container: `{container.url}`"


def _open(context: RouteContext) -> Sequence[Route]:
    from private_wheel.publish.blob.credential import storage_credential
    from private_wheel.publish.blob.route import BlobRoute
    from private_wheel.publish.blob.storage import BlobStorage
    from private_wheel.publish.blob.wheel import ExistingRules

    container: ContainerAddress = context.destination
    credential = storage_credential(container, context.sign_in, context.emulator_key)
    rules = ExistingRules(if_exists=context.if_exists, reads_back=context.reads_back)
    storage = BlobStorage(context.http)
    context.closing.callback(storage.close)
    return (BlobRoute(container, storage, credential, rules),)


BLOB = RouteDeclaration(
    name="blob",
    open=_open,
    destination=Destination(
        input="container",
        parse=_parse,
        missing="Specify https://ACCOUNT.blob.core.windows.net/CONTAINER.",
        summary=_summary,
    ),
)
