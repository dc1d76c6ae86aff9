"""Cases: shapes, windows, settings, contents and layouts, drawn from a source of choices and built into inputs."""
