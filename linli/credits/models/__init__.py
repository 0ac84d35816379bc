"""What the room `credits` stores: accounts, transfers, lots, holds, and what proves them."""

from linli.credits.models.accounts import Account, Membership
from linli.credits.models.holds import Hold, PendingHold, Resolution
from linli.credits.models.lots import Allocation, ExpiryNotice, Lot
from linli.credits.models.transfers import Checkpoint, LedgerSeal, Transfer

__all__ = [
    "Account",
    "Allocation",
    "Checkpoint",
    "ExpiryNotice",
    "Hold",
    "LedgerSeal",
    "Lot",
    "Membership",
    "PendingHold",
    "Resolution",
    "Transfer",
]
