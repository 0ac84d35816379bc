"""What the engine of work stores: items, legs, clocks, asks, history, evidence, catalogue, messages."""

from linli.work.models.catalogue import Category, DeadlineRule, DispatchRule
from linli.work.models.deeds import Deed
from linli.work.models.evidence import Evidence, Upload
from linli.work.models.history import Event, EventText, Seal
from linli.work.models.items import Ask, Clock, Item, Leg
from linli.work.models.messages import Notification, PrintedDocument
from linli.work.models.requests_seen import IdempotencyKey
from linli.work.models.search import SearchEntry

__all__ = [
    "Ask",
    "Category",
    "Clock",
    "DeadlineRule",
    "Deed",
    "DispatchRule",
    "Event",
    "EventText",
    "Evidence",
    "IdempotencyKey",
    "Item",
    "Leg",
    "Notification",
    "PrintedDocument",
    "Seal",
    "SearchEntry",
    "Upload",
]
