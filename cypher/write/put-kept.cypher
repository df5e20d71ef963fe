// name: put-kept
CREATE (:KedrecKept {key: $key, name: $name, part: $part, content: $content})
