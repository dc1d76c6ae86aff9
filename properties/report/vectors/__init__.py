"""Test vectors: calls with all right answers to them, as files for code outside Python."""
