"""Adapters to other libraries, each of which needs an extra of its own."""
