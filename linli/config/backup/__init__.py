"""Backups: one archive with database, files and seals, never the keys; restored and compared by the command itself."""
