"""Papers: slips, notices, letters and forms as PDF in the style of GB/T 9704; their QR takes the signed scan back.

`templates_for` says which papers an actor may print of an item; `print_paper` prints one; `print_held` prints a paper
of what is no item; `document_by_token` finds a paper by its QR. Papers are written in Chinese whatever the language of
the page: they are official texts.
"""

from linli.work.printing.held import Words, paper_of, print_held
from linli.work.printing.papers import HELD_PAPERS, PAPERS, Paper, PaperField, paper_named
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
    "HELD_PAPERS",
    "PAPERS",
    "Paper",
    "PaperField",
    "Printed",
    "Words",
    "document_by_token",
    "issuers",
    "paper_named",
    "paper_of",
    "pdf_of",
    "print_held",
    "print_paper",
    "scan_token",
    "templates_for",
]
