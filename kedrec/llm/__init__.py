"""Language models behind one protocol, `ChatModel`: backends, their files, and prompts."""
