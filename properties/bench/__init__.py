"""Measurements: kernels beside textbook code and libraries, as ratios; and the teaching document's own."""
