"""Loops compiled by numba, one file for each kind of window. Importing one of these files imports numba."""
