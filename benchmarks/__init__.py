"""One benchmark for each promise of speed, each against the raw engine or a peer in the same run."""
