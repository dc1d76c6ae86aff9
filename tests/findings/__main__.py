"""Write the files that are generated from the findings: docs/findings.md and known/."""

from .rendered import everything

for file, text in everything().items():
    file.write_text(text, encoding="utf-8")
