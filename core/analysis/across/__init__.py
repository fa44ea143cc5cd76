"""Analyses across traces: concentration, categories, two behaviors side by side, and groups of traces."""
