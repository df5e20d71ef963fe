"""Limits on the length, depth and compression of files from outside; files beyond them are refused.

Each limit is checked while reading, before the data is in memory or on the disk, and each is well above the
sources' values, so that only crafted files exceed it. A packed file that is refused for its size can be
unpacked by its owner and read then: unpacked files on the disk are not limited in size.
"""

from __future__ import annotations

__all__ = [
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_DOWNLOAD",
    "MAX_LINE",
    "MAX_RATIO",
    "MAX_RECORD",
    "MAX_UNPACKED",
    "RATIO_FROM",
]

MAX_UNPACKED = 256 << 30
"""Bytes that a packed file may unpack to. DrugCentral's dump, the largest that a source publishes, has about
12 GB; PrimeKG's table 1 GB; a file of PubMed's baseline 0.2 GB."""
MAX_RATIO = 200
"""Ratio of unpacked to packed bytes. Tables of ids reach 10 to 40, XML 10; a bomb in gzip 1,000, in bzip2 or
xz many thousands."""
RATIO_FROM = 256 << 20
"""Unpacked bytes from which `MAX_RATIO` applies: small files do no harm at any ratio."""
MAX_DOWNLOAD = 64 << 30
"""Bytes fetched from one address: a server needn't announce a length. DrugCentral's dump has 1.4 GB."""
MAX_LINE = 16_000_000
"""Bytes of the longest line of a text file; DuckDB's reader takes up to 16 MiB."""
MAX_RECORD = 32 << 20
"""Bytes or characters of the longest record in JSON, XML or YAML. The longest study of ClinicalTrials.gov,
results included, has about 10 MB; the longest article of PubMed Central about 5 MB."""
MAX_DEPTH = 100
"""Nested lists and mappings in YAML. DrugMechDB has 4, the starter graph 5."""
MAX_DIGITS = 1000
"""Digits of a whole number in JSON: no id, count or score has more than 20."""
