"""The declaration of the feed route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from private_wheel.publish.declaration import Destination, RouteDeclaration

if TYPE_CHECKING:
    from private_wheel.publish.context import RouteContext
    from private_wheel.publish.feed.address import FeedAddress
    from private_wheel.publish.route import Route


def _parse(value: str) -> FeedAddress:
    from private_wheel.publish.feed.address import parse_feed

    return parse_feed(value)


def _open(context: RouteContext) -> Sequence[Route]:
    from private_wheel.publish.feed.accounts import feed_writer
    from private_wheel.publish.feed.route import FeedRoute

    feed: FeedAddress = context.destination
    writer = feed_writer(feed, context.credentials, context.sign_in)
    route = FeedRoute(
        feed,
        writer=writer,
        reader=context.reader,
        if_exists=context.if_exists,
        http=context.http,
    )
    return (route,)


FEED = RouteDeclaration(
    name="feed",
    open=_open,
    destination=Destination(
        input="feed",
        parse=_parse,
        missing="Specify organisation/feed, or a URL.",
    ),
    names_by_index=True,
    no_replacing="a feed never forgets a version.",
)
