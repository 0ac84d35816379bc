"""Benchmarks: every speed is a ratio against a floor measured in the same run, interleaved, medians quoted."""
