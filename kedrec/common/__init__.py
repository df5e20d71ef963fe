"""General tools without biomedical content: files, HTTP, text, parallel work."""
