"""What is drawn: shapes, windows, settings, contents and layouts, built into cases from a source of choices."""
