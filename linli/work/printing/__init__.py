"""Papers: slips, notices, letters and forms as PDF in the style of GB/T 9704; their QR takes the signed scan back.

`templates_for` says which papers an actor may print of an item; `print_paper` prints one; `document_by_token`
finds a paper by its QR. Papers are written in Chinese whatever the language of the page: they are official texts.
"""

from linli.work.printing.papers import PAPERS, Paper, PaperField
from linli.work.printing.services import (
    Printed,
    document_by_token,
    issuers,
    pdf_of,
    print_paper,
    scan_token,
    templates_for,
)

__all__ = [
    "PAPERS",
    "Paper",
    "PaperField",
    "Printed",
    "document_by_token",
    "issuers",
    "pdf_of",
    "print_paper",
    "scan_token",
    "templates_for",
]
