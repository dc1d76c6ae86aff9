"""What answers calls, in this process or another: loading, the protocol, and declarations."""
