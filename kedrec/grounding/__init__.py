"""Whether what a model wrote is what its citations say."""
