"""What a route declares about itself, so that no other module has to know its name.

The inputs ask the declarations too: importing one loads no route and no SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from private_wheel.publish.context import RouteContext
    from private_wheel.publish.route import Route


@dataclass(frozen=True, kw_only=True)
class Destination:
    """The input that names where a route publishes to.

    `parse` reads its value, and raises ValueError with a sentence for the user. `missing` tells
    the user what to specify. `summary` makes the line of the job summary for a parsed value, as
    Markdown; without it, there is none.
    """

    input: str
    parse: Callable[[str], Any]
    missing: str
    summary: Callable[[Any], str] | None = None


@dataclass(frozen=True, kw_only=True)
class RouteDeclaration:
    """One value of the input `publish-to`.

    `open` makes the routes: one, or one for each workspace. It may raise InvalidInputs if a
    credential must not be sent to the destination.
    """

    name: str
    open: Callable[[RouteContext], Sequence[Route]]
    destination: Destination | None = None
    publishes: bool = True
    names_by_index: bool = False
    """Whether environments name the packages as in an index, and not by their URLs."""
    no_replacing: str = ""
    """Why an existing file cannot be replaced; empty if it can."""
    into_workspaces: bool = False
    """Whether there is a route for each workspace, opened when the workspaces are known."""
    workspace_permissions: tuple[str, ...] = ()
    """The ARM actions on a workspace that publishing into it needs."""

    def requires(self, name: str) -> bool:
        """Tell whether the route cannot work without the input `name`."""
        if name == "workspace":
            return self.into_workspaces
        return self.destination is not None and self.destination.input == name
