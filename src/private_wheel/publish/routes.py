"""The registration of the routes: every value of `publish-to`, and what it chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from private_wheel.publish.declaration import RouteDeclaration

# Help needs no more than the names, so the declarations are not loaded for it.
ROUTE_NAMES = ("feed", "blob", "workspace", "none")


def routes() -> dict[str, RouteDeclaration]:
    """Return the declarations of all routes by their names."""
    from private_wheel.publish.blob.declaration import BLOB
    from private_wheel.publish.feed.declaration import FEED
    from private_wheel.publish.nowhere.declaration import NOWHERE
    from private_wheel.publish.workspace.declaration import WORKSPACE

    return {route.name: route for route in (FEED, BLOB, WORKSPACE, NOWHERE)}
