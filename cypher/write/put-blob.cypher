// name: put-blob
CREATE (:KedrecKept {key: $key, name: $name, part: $part, content: $content})
