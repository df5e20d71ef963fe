"""Language models behind one protocol: `ChatModel`."""
