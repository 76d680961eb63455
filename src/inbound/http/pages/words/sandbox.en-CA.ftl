# The sandbox.
