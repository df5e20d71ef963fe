"""Renders answers: as tables, notes, HTML, drawings of their graphs, and references."""
