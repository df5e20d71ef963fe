// name: copy-edges
// fills: relation, start_kind, end_kind, file
COPY `{relation}` FROM '{file}' (from = '{start_kind}', to = '{end_kind}')
