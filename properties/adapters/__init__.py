"""Adapters: libraries under the contract, found by their names. Each module here is a target."""
