"""Saves answers as files to share, and makes them again to compare."""
