"""A failure, from the exception of a law to its message: types, structural shrinking, hints and words."""
