"""A run: requests and units, trials of a law on a target, processes, known failures, and state kept between runs."""
