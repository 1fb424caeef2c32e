"""A trained network in a folder of its own, which needs no EchoShift."""
