"""From the exception of a law to its message: failure types, structural shrinking, hints and wording."""
