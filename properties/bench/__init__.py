"""Benchmarks: kernels beside textbook code and libraries, as ratios; and the measurement of the teaching document."""
