// name: add-edge-ends
// fills: relation, start_kind, end_kind
ALTER TABLE `{relation}` ADD IF NOT EXISTS FROM `{start_kind}` TO `{end_kind}`
