"""How large a file may be: untrusted files must not take the machine with them."""

MAX_BYTES = 50 * 1024 * 1024
MAX_UNPACKED_BYTES = 300 * 1024 * 1024
# A real workbook packs its XML some twenty times; a bomb a thousand times.
MAX_PACKING = 200
MAX_ROWS = 200_000
MAX_COLUMNS = 300
MAX_SHEETS = 200
MAX_CELL_LENGTH = 20_000
MAX_MERGES = 50_000
# So many cells are looked up in merged areas; whoever lays them over each other does not fill the memory.
MAX_MERGED_CELLS = 2_000_000
