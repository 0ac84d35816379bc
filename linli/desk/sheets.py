"""Tables as files that spreadsheets open (`linli.exchange.sheets`)."""

from linli.exchange.sheets import SHEET, Table, as_csv, as_xlsx, safe_cell

__all__ = ["SHEET", "Table", "as_csv", "as_xlsx", "safe_cell"]
