"""What answers calls: in this process or in one of its own; loading, the protocol, and what it says of itself."""
