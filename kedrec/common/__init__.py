"""Tools that know nothing of drugs: files, HTTP, text, parallel work."""
