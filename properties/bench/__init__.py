"""Benchmarks: kernels beside textbook code and libraries, as ratios; and the measurement of the textbook chapter."""
