"""The routes that there are, by the value of `publish-to` that chooses them."""

from __future__ import annotations

from private_wheel.publish.blob.declaration import BLOB
from private_wheel.publish.feed.declaration import FEED
from private_wheel.publish.nowhere.declaration import NOWHERE
from private_wheel.publish.workspace.declaration import WORKSPACE

ROUTES = {route.name: route for route in (FEED, BLOB, WORKSPACE, NOWHERE)}
