"""Arrays, text and files: memory layouts, storage, reading and writing, and text made safe to print."""

LARGEST = 10**18
"""The largest number in a report; larger ones fit no counter and no limit of the system."""
