"""Contract of the DuckDB tables of the staging area: columns, writers, readers and meaning of each table.

Modules of `kedrec.loading` exchange rows through these tables by name, and create them with `Staging.create`.
Writers and readers of a table are modules of the package, and `loaders/*.sql`, the SQL of the sources. Tables
that a source's declaration names are not listed: they exist only while that source is read.

A load fills the tables in this order: schema and sources; staged rows; records of all sources; resolved and
merged nodes; edges of other sources that move; checked and merged edges; differences from the stored graph.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["STAGING_TABLES", "StagingTable"]


@dataclass(frozen=True, slots=True)
class StagingTable:
    """Declaration of one table.

    Attributes:
        name: its name.
        meaning: its rows, in one line.
        columns: its columns with their types, in SQL.
        writers: modules that insert, update or delete rows.
        readers: modules that query it.
        temporary: True if it is created in DuckDB's temporary schema.
    """

    name: str
    meaning: str
    columns: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    temporary: bool = False

    def create_statement(self) -> str:
        """SQL statement that creates the table, empty."""
        return f"CREATE {'TEMP ' if self.temporary else ''}TABLE {self.name} ({self.columns})"


_EDGE_CONTENT = (
    'licence VARCHAR, "references" VARCHAR[], evidence VARCHAR, score DOUBLE, year BIGINT, action VARCHAR, '
    "mechanisms VARCHAR[]"
)
_NODE_CONTENT = "name VARCHAR, synonyms VARCHAR[], xrefs VARCHAR[], description VARCHAR"
_RECORD = (
    f"loader VARCHAR, kind VARCHAR, id VARCHAR, {_NODE_CONTENT}, held BOOLEAN, old_kind VARCHAR, "
    "old_id VARCHAR, rank INTEGER"
)
_NODE_ROW = f"file INTEGER, line INTEGER, key VARCHAR, kind VARCHAR, id VARCHAR, {_NODE_CONTENT}"
_MERGED_EDGE_KEY = 'pair INTEGER, start INTEGER, "end" INTEGER, source VARCHAR'
_STORED_EDGE_KEY = 'pair SMALLINT, start VARCHAR, "end" VARCHAR, source VARCHAR'
_MOVABLE_EDGE = (
    "loader VARCHAR, is_source_edge BOOLEAN, old_pair SMALLINT, old_start VARCHAR, old_end VARCHAR, "
    "relation VARCHAR, ambiguous BOOLEAN, own_start_kind VARCHAR, own_start VARCHAR, own_end_kind VARCHAR, "
    'own_end VARCHAR, start_kind VARCHAR, start VARCHAR, end_kind VARCHAR, "end" VARCHAR, source VARCHAR, '
    f"{_EDGE_CONTENT}"
)
_ROW_WRITERS = (
    "loaders/*.sql readers.drugmechdb readers.ontology readers.own_tables readers.row_buffer readers.starter"
)


def _table(
    name: str, meaning: str, columns: str, *, writers: str, readers: str, temporary: bool = False
) -> StagingTable:
    """Declares a table; `writers` and `readers` are separated by spaces."""
    return StagingTable(name, meaning, columns, tuple(writers.split()), tuple(readers.split()), temporary)


_TABLES = (
    # The schema and the sources.
    _table(
        "kinds", "Kinds of nodes, the id prefixes allowed for each, and those whose wording names a node.",
        "kind VARCHAR, family VARCHAR, prefixes VARCHAR[], names VARCHAR[]",
        writers="canonical", readers="canonical known_entities listed_ids",
    ),
    _table(
        "pairs", "Edge tables of the graph, numbered: a relation between two kinds.",
        "pair INTEGER, relation VARCHAR, start_kind VARCHAR, end_kind VARCHAR, both_ways BOOLEAN",
        writers="canonical", readers="apply_source edges graph_digest moved_edges writing",
    ),
    _table(
        "actions", "Actions of each relation: sign of the effect (-1, 0, 1), and position in the schema.",
        "relation VARCHAR, action VARCHAR, sign INTEGER, position INTEGER",
        writers="canonical", readers="edges",
    ),
    _table(
        "ranks",
        "Rank of each source, the prefix of an ontology's own ids, the vocabularies whose wordings it gives, "
        "the trust of its cross-references, and whether it brings nodes.",
        "source VARCHAR, rank INTEGER, prefix VARCHAR, vocabularies VARCHAR[], trust INTEGER, brings BOOLEAN",
        writers="canonical", readers="canonical known_entities listed_ids moved_edges source_records",
    ),
    # Rows of the source that is loaded, as its reader staged them.
    _table(
        "node_rows",
        "Node rows of the source; `key` names the node in its edges. Several rows of one node are "
        "merged.",
        _NODE_ROW,
        writers=f"{_ROW_WRITERS} overlay_source",
        readers="canonical loaders/*.sql overlay_source readers.sql_tables",
    ),
    _table(
        "edge_rows",
        "Edge rows of the source; `start` and `end` are keys, and a missing `source` is the source "
        "itself.",
        'file INTEGER, line INTEGER, relation VARCHAR, start VARCHAR, "end" VARCHAR, source VARCHAR, '
        "licence VARCHAR DEFAULT '', \"references\" VARCHAR[] DEFAULT [], evidence VARCHAR DEFAULT '', "
        "score DOUBLE, year BIGINT, action VARCHAR DEFAULT '', mechanisms VARCHAR[] DEFAULT []",
        writers=f"{_ROW_WRITERS} licences overlay_source",
        readers="edges known_entities licences loaders/*.sql readers.sql_tables",
    ),
    _table(
        "retired_rows",
        "Ids that an ontology retired without a successor, their names, and the ids that it says to "
        "consider.",
        "id VARCHAR, name VARCHAR, consider VARCHAR[]",
        writers="readers.ontology", readers="source_records",
    ),
    _table(
        "rejects",
        "Rejected rows by part (`nodes`, `edges`, `attributes`, `stored`); NULL text: it is in the "
        "file.",
        "part VARCHAR, file INTEGER, line INTEGER, reason VARCHAR, detail VARCHAR, text VARCHAR",
        writers="canonical edges loaders/*.sql moved_edges overlay_source readers.delimited "
        "readers.sql_tables staging",
        readers="apply_source loaders/*.sql readers.sql_tables staging",
    ),
    _table(
        "lines", "Lines of the text table that is read.",
        "line INTEGER, row VARCHAR",
        writers="readers.delimited", readers="readers.delimited", temporary=True,
    ),
    _table(
        "bad_lines", "Numbers of the lines that aren't text.",
        "line INTEGER",
        writers="readers.delimited", readers="readers.delimited",
    ),
    _table(
        "parsed_rows", "Records with quotes: their first and last line, and their fields.",
        "line INTEGER, last INTEGER, items VARCHAR[]",
        writers="readers.delimited", readers="readers.delimited",
    ),
    _table(
        "fields", "Fields of each record of the text table that is read.",
        "line INTEGER, f VARCHAR[]",
        writers="readers.delimited", readers="readers.delimited", temporary=True,
    ),
    _table(
        "public_ids",
        "Ids and cross-references of nodes of public sources, which an overlay mustn't redefine.",
        "id VARCHAR",
        writers="overlay_source", readers="overlay_source",
    ),
    # Records of all sources.
    _table(
        "checked_nodes", "`node_rows`, each with the reason why it is rejected, or NULL.",
        f"{_NODE_ROW}, reason VARCHAR",
        writers="canonical", readers="canonical",
    ),
    _table(
        "valid_nodes", "Node rows of the source that passed the checks.",
        _NODE_ROW,
        writers="canonical", readers="canonical edges",
    ),
    _table(
        "edge_sources", "Values of `source` on the edges of each loaded source.",
        "loader VARCHAR, source VARCHAR",
        writers="source_records", readers="moved_edges",
    ),
    _table(
        "unresolved_records",
        "Every source's record of each node, with the node that it was so far (`old_kind`, `old_id`).",
        _RECORD,
        writers="canonical source_records", readers="canonical known_entities listed_ids",
    ),
    _table(
        "source_edges",
        "Edges between a source's own records that the graph's edges can't be traced back to.",
        "loader VARCHAR, relation VARCHAR, start_kind VARCHAR, start VARCHAR, end_kind VARCHAR, "
        f'"end" VARCHAR, source VARCHAR, {_EDGE_CONTENT}',
        writers="edges moved_edges source_records", readers="apply_source moved_edges source_records",
    ),
    # Resolved and merged nodes.
    _table(
        "resolvable_records", "Ids of `unresolved_records` with what each lists, by family of kinds.",
        "family VARCHAR, kind VARCHAR, id VARCHAR, rank INTEGER, trust INTEGER, xrefs VARCHAR[], "
        "names VARCHAR[], synonyms VARCHAR[]",
        writers="canonical", readers="family_identities", temporary=True,
    ),
    _table(
        "joinable_records", "Records that may be joined by name, with their node by ids alone.",
        "loader VARCHAR, kind VARCHAR, id VARCHAR, name VARCHAR, synonyms VARCHAR[], own_word VARCHAR, "
        "heading VARCHAR, word VARCHAR, naming_rank INTEGER, rank INTEGER, ids VARCHAR[], form VARCHAR, "
        "brings BOOLEAN, new_kind VARCHAR, new_id VARCHAR",
        writers="known_entities", readers="known_entities", temporary=True,
    ),
    _table(
        "name_matches", "Ids of other sources' nodes that have the same name as a record.",
        "loader VARCHAR, kind VARCHAR, id VARCHAR, matching_ids VARCHAR[]",
        writers="known_entities", readers="canonical known_entities",
    ),
    _table(
        "same_as", "Node of each record whose id isn't its node's.",
        "kind VARCHAR, id VARCHAR, new_kind VARCHAR, new_id VARCHAR",
        writers="canonical", readers="canonical known_entities",
    ),
    _table(
        "aliases", "Node of each id without a record that exactly one node lists.",
        "kind VARCHAR, id VARCHAR, new_kind VARCHAR, new_id VARCHAR",
        writers="canonical", readers="known_entities moved_edges",
    ),
    _table(
        "records", "`unresolved_records` with the node that each record is now (`new_kind`, `new_id`).",
        f"{_RECORD}, new_kind VARCHAR, new_id VARCHAR",
        writers="canonical moved_edges",
        readers="apply_source canonical edges known_entities moved_edges source_records",
    ),
    _table(
        "overruled", "Cross-references of records that better trusted ones contradict.",
        "kind VARCHAR, id VARCHAR, xref VARCHAR",
        writers="canonical", readers="canonical",
    ),
    _table(
        "doubtful_ids", "Ids that a source merely lists for a record and that share no name with it.",
        "kind VARCHAR, id VARCHAR, xref VARCHAR",
        writers="listed_ids", readers="apply_source canonical",
    ),
    _table(
        "idle_records", "Records of sources that bring no nodes, about nodes that no other source brings.",
        f"{_RECORD}, new_kind VARCHAR, new_id VARCHAR",
        writers="canonical", readers="apply_source canonical source_records",
    ),
    _table(
        "stored_nodes", "Nodes of the stored graph.",
        f"kind VARCHAR, id VARCHAR, {_NODE_CONTENT}, sources VARCHAR[]",
        writers="canonical", readers="canonical moved_edges writing",
    ),
    _table(
        "node_numbers", "Every node of the merged graph, numbered in order of id.",
        "node INTEGER, kind VARCHAR, id VARCHAR",
        writers="canonical", readers="canonical edges graph_digest known_entities moved_edges writing",
    ),
    _table(
        "deleted_nodes", "Stored nodes that the merged graph no longer has.",
        "kind VARCHAR, id VARCHAR",
        writers="canonical", readers="apply_source graph_digest writing",
    ),
    _table(
        "merged_nodes", "Every node of the merged graph with its properties.",
        f"node INTEGER, kind VARCHAR, id VARCHAR, {_NODE_CONTENT}, sources VARCHAR[]",
        writers="canonical", readers="known_entities writing",
    ),
    _table(
        "node_states", "`merged_nodes` with their state: `new`, `changed` or `same`.",
        f"node INTEGER, kind VARCHAR, id VARCHAR, {_NODE_CONTENT}, sources VARCHAR[], state VARCHAR",
        writers="writing", readers="apply_source graph_digest writing",
    ),
    # Edges of other sources whose ends become other nodes.
    _table(
        "node_changes",
        "Stored nodes by source, with the source's record and its node now; ambiguous: several "
        "records.",
        "loader VARCHAR, kind VARCHAR, id VARCHAR, ambiguous BOOLEAN, own_kind VARCHAR, own_id "
        "VARCHAR, new_kind VARCHAR, new_id VARCHAR, changed BOOLEAN",
        writers="moved_edges", readers="moved_edges",
    ),
    _table(
        "id_nodes", "Node of each id of a record or alias.",
        "kind VARCHAR, id VARCHAR, new_kind VARCHAR, new_id VARCHAR",
        writers="moved_edges", readers="moved_edges",
    ),
    _table(
        "unclaimed_nodes", "Stored nodes without a record in any source.",
        "kind VARCHAR, id VARCHAR",
        writers="moved_edges", readers="moved_edges",
    ),
    _table(
        "affected_sources", "Sources whose edges may move.",
        "loader VARCHAR",
        writers="moved_edges", readers="moved_edges",
    ),
    _table(
        "stored_edges",
        "Stored edges of the source and of the affected sources, in the tables that may change.",
        f"{_STORED_EDGE_KEY}, {_EDGE_CONTENT}",
        writers="moved_edges", readers="moved_edges writing",
    ),
    _table(
        "movable_edges",
        "Edges of the affected sources between own records (`own_...`), with the nodes that their "
        "ends are now.",
        _MOVABLE_EDGE,
        writers="moved_edges", readers="moved_edges",
    ),
    _table(
        "shared_nodes", "Nodes that several records of one source became.",
        "loader VARCHAR, node INTEGER",
        writers="moved_edges", readers="moved_edges",
    ),
    _table(
        "placed_edges",
        "`movable_edges` with node numbers and edge tables; valid: they are edges of the merged "
        "graph.",
        f"{_MOVABLE_EDGE}, start_node INTEGER, end_node INTEGER, forward INTEGER, backward INTEGER, "
        "valid BOOLEAN, swap BOOLEAN, ambiguous_now BOOLEAN",
        writers="moved_edges", readers="moved_edges",
    ),
    _table(
        "old_edge_keys", "Keys of the stored edges that move.",
        _STORED_EDGE_KEY,
        writers="moved_edges", readers="writing",
    ),
    _table(
        "changed_sources", "Other sources whose stored records change.",
        "loader VARCHAR",
        writers="moved_edges", readers="source_records",
    ),
    # Checked and merged edges.
    _table(
        "wanted_names", "Names by which edge rows look up nodes (`name:Kind/...`), in order of preference.",
        "key VARCHAR, kind VARCHAR, word VARCHAR, position BIGINT",
        writers="known_entities", readers="known_entities", temporary=True,
    ),
    _table(
        "own_keys", "Keys of the source's own nodes.",
        "key VARCHAR, node INTEGER, own_kind VARCHAR, own_id VARCHAR",
        writers="edges", readers="edges",
    ),
    _table(
        "node_keys",
        "Node of each key (-1: several); ambiguous: several records of the source became that node.",
        "key VARCHAR, node INTEGER, kind VARCHAR, ambiguous BOOLEAN",
        writers="edges", readers="edges",
    ),
    _table(
        "checked_edges",
        "`edge_rows` with node numbers and edge tables, and the reason why a row is rejected, or "
        "NULL.",
        f"file INTEGER, line INTEGER, source VARCHAR, {_EDGE_CONTENT}, forward INTEGER, backward "
        "INTEGER, start_node INTEGER, end_node INTEGER, swap BOOLEAN, reason VARCHAR, detail "
        "VARCHAR, is_source_edge BOOLEAN, start_key VARCHAR, end_key VARCHAR, relation VARCHAR",
        writers="edges", readers="edges",
    ),
    _table(
        "merged_edges",
        "Edges of the source and moved ones of other sources, by node number; state as for nodes.",
        f"{_MERGED_EDGE_KEY}, {_EDGE_CONTENT}, moved BOOLEAN, state VARCHAR DEFAULT 'new'",
        writers="edges moved_edges writing", readers="apply_source edges graph_digest writing",
    ),
    _table(
        "parallel_keys", "Keys of `merged_edges` that several rows have.",
        _MERGED_EDGE_KEY,
        writers="edges", readers="edges", temporary=True,
    ),
    _table(
        "parallel_edges", "Rows of these keys.",
        f"{_MERGED_EDGE_KEY}, {_EDGE_CONTENT}, moved BOOLEAN",
        writers="edges", readers="edges", temporary=True,
    ),
    _table(
        "action_counts", "Number of parallel rows by action.",
        f"{_MERGED_EDGE_KEY}, action VARCHAR, sign INTEGER, position INTEGER, n BIGINT",
        writers="edges", readers="edges", temporary=True,
    ),
    _table(
        "chosen_actions", "Action of each merged edge.",
        f"{_MERGED_EDGE_KEY}, action VARCHAR",
        writers="edges", readers="edges", temporary=True,
    ),
    # Differences from the stored graph.
    _table(
        "numbered_edges", "`stored_edges` by node number.",
        f'pair SMALLINT, source VARCHAR, {_EDGE_CONTENT}, start INTEGER, "end" INTEGER',
        writers="writing", readers="writing", temporary=True,
    ),
    _table(
        "deleted_edges", "Keys of stored edges to delete; moved: edges of other sources, at their old ends.",
        f"{_STORED_EDGE_KEY}, moved BOOLEAN",
        writers="writing", readers="apply_source graph_digest writing",
    ),
    _table(
        "claimed_edges", "Keys of edges that another program uses, in one edge table of a shared database.",
        'start VARCHAR, "end" VARCHAR, source VARCHAR',
        writers="apply_source", readers="apply_source",
    ),
)  # fmt: skip
STAGING_TABLES: dict[str, StagingTable] = {table.name: table for table in _TABLES}
"""Every table of the staging area, by name."""
