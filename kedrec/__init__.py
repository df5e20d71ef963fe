"""KEDRec: explained drug repurposing over drug-disease-gene graphs."""

__version__ = "0.1.0"
