"""Output for people and programs: words, tables, statistics and the JSON document."""
