"""The version of KEDRec."""

__version__ = "0.1.0"
