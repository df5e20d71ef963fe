"""Reads trials, articles and notes, cuts them into passages, indexes these and searches them."""
