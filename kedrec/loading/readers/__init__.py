"""Readers of sources' files, one module a layout."""
