"""Readers of sources' files, one module for each layout."""
