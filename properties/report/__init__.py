"""What people and programs read: words, tables, statistics and the JSON document."""
