"""Test vectors: calls with all right answers to them, as files for those who run no Python."""
