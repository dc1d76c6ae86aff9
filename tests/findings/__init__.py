"""The findings of findings/: read from their scripts, and made into docs/findings.md and known/.

`python -m findings` in the folder of the tests, or `tox -e findings`, writes the latter. A finding is a script of a few
lines in one library, `findings/<library>/<name>.py`. Its docstring says what is wrong and why. Its header (PEP 723)
pins the versions in which it was seen, and has under `tool.poolproof`:

- `kind`: `bug` or `convention`; `class`: which kind of mistake it is;
- `laws`: for each target, the laws that reject it for this reason, which go to known/;
- `also`: laws that reject it with some seeds, or for another reason that is listed first;
- `conventions`: those that show it; `unseen`: why no law does, if none does;
- `upstream`: the report in the library's tracker;
- `prints` and `expected`: what the script prints, and what it should print or what other libraries print.

`findings/<library>/library.toml` says what the suite asked of the library, and how many laws held.
"""
