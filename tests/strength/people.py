"""Checks that people use for pooling kernels today, by name: each raises for an implementation that it rejects."""

CHECKS = {}
