// name: copy-nodes
// fills: kind, file
COPY `{kind}` FROM '{file}'
