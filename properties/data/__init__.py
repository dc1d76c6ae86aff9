"""Arrays, text and files: how they are laid out, written, stored, read and made safe to print."""

LARGEST = 10**18
"""Larger numbers fit into no counter and no limit of the system."""
