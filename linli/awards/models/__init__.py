"""What the room `awards` stores: rules of streets, awards, nominations with their notice, appeals, stickers."""

from linli.awards.models.awards import Appeal, Award
from linli.awards.models.nominations import Nomination, Objection
from linli.awards.models.rules import Rule, RuleSet
from linli.awards.models.stickers import Sticker, StickerMove, StickerSheet

__all__ = [
    "Appeal",
    "Award",
    "Nomination",
    "Objection",
    "Rule",
    "RuleSet",
    "Sticker",
    "StickerMove",
    "StickerSheet",
]
