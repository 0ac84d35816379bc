"""Jobs of wishes: text messages to wishers."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from linli.people.gateways import GatewayError
from linli.wishes import texting


@app.task(
    name="wishes.text_wisher", queue="work",
    retry=RetryStrategy(max_attempts=5, exponential_wait=60, retry_exceptions={GatewayError}),
)  # fmt: skip
def text_wisher(item_id: int, event_id: str, template: str) -> None:
    """Send one message to the wisher; a gateway that is away is tried again in growing pauses."""
    texting.send(item_id, UUID(event_id), template)
