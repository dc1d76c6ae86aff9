"""A run: requests and units, trials of a law on a target, processes, known failures, and what outlives a run."""
