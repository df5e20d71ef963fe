-- Maps HGNC's table to staged rows (DuckDB). A gene's id is NCBI's where it has one.
INSERT INTO rejects
SELECT 'nodes', file, line, 'withdrawn symbol', hgnc_id, NULL FROM genes WHERE status <> 'Approved';

INSERT INTO node_rows
SELECT file, line, hgnc_id, 'Gene', coalesce('NCBIGene:' || nullif(entrez_id, ''), hgnc_id), symbol,
  list_filter(
    list_concat([name], string_split(coalesce(alias_symbol, ''), '|'), string_split(coalesce(prev_symbol, ''), '|')),
    lambda x: x <> ''),
  list_concat([hgnc_id, 'ENSEMBL:' || nullif(ensembl_gene_id, '')],
    list_transform(list_filter(string_split(coalesce(uniprot_ids, ''), '|'), lambda x: x <> ''), lambda x: 'UNIPROT:' || x)),
  ''
FROM genes WHERE status = 'Approved';
