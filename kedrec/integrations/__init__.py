"""KEDRec inside other libraries, each an extra."""
