"""Micro-wishes (微心愿): checked, on the wall without personal data, claimed, fulfilled, confirmed."""
