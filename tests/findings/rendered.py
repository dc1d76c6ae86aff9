"""The files that are generated from the findings: docs/findings.md, and for each library its known failures."""

import difflib
import json
import re
from textwrap import fill

from written import table

from .sources import FINDINGS, LIBRARIES, ROOT

PAGE = ROOT / "docs" / "findings.md"

HEAD = f"""# Findings

Where current libraries depart from the mathematics of pooling: {len(FINDINGS)} findings. Each is a script of a few
lines in the library alone, run on an x86-64 CPU with the versions in its header, with which `uv run SCRIPT` runs it
again.

- A *bug* is an answer that is wrong by the definition of the operation or by the library's own documentation.
- A *convention* is a point where sound libraries differ. It is listed if the answer is unusual, or depends on position,
  layout, path or size.
- The class says what kind of mistake it is. The laws are those that reject the library for this reason with seed 0;
  others may with other seeds. `known/` lists them, so that `tox -e peers` and `tox -e peers-all` pass while nothing has
  changed.
- In the block after a script, `-` marks what it prints, and `+` what it should print (bugs) or what other libraries
  print (conventions).

`tests/findings` runs each script again where its library is installed, and fails if it prints something else. This page
and `known/` are made from the scripts in `findings/` by `tox -e findings`.
"""


def everything():
    """The text of every generated file, by its path."""
    return {PAGE: page(), **{ROOT / "known" / f"{each.name}.toml": known(each) for each in LIBRARIES}}


def page():
    """docs/findings.md: what was tried, all findings at a glance, and each in full."""
    return "\n".join([HEAD, libraries(), index(), *map(section, LIBRARIES)])


def libraries():
    """The number of laws that passed and failed, by target."""
    rows = [
        (f"[{each.name} {each.version}](#{each.name})", target, holds, len(failing(each, target)))
        for each in LIBRARIES
        for target, holds in each.holds.items()
    ]
    return "## Laws\n\n" + table(("library", "target", "laws that hold", "that fail"), rows)


def failing(library, target):
    """The laws that are known to fail on a target, each with the finding that explains it."""
    return [(law, each) for each in library.findings for law in each.laws.get(target, ())]


def index():
    """A line for each finding."""
    rows = [(each.seen, f"[{each.title}](#{each.name})", each.kind, each.mistake, shown_by(each)) for each in FINDINGS]
    return "## Index\n\n" + table(("seen in", "finding", "kind", "class", "laws, or *conventions*"), rows)


def shown_by(finding):
    """The laws that reject it, or the conventions that show it."""
    laws = dict.fromkeys([*(law for each in finding.laws.values() for law in each), *finding.also])
    return ", ".join(laws or [f"*{name}*" for name in finding.conventions])


def section(library):
    """A library: what was tried, and its findings."""
    return "\n".join([f"## {library.name}\n", wrapped(library.asked), *map(in_full, library.findings)])


def in_full(finding):
    """A finding: what is wrong, why, its script, and what the script prints."""
    return f"""### <a id="{finding.name}"></a>{finding.title}

{wrapped(facts(finding))}
{wrapped(finding.text)}
```python
{finding.script}```

```diff
{difference(finding)}
```
"""


def facts(finding):
    """The kind of a finding, the versions in which it was seen, what shows it, and who reported it."""
    script = f"[script](../{finding.file.relative_to(ROOT).as_posix()})"
    conventions = f"Conventions: {quoted(finding.conventions)}." if finding.conventions else ""
    told = [f"A {finding.kind} in {finding.seen} ({script}), class *{finding.mistake}*.", laws(finding), conventions]
    return " ".join(filter(None, [*told, f"Upstream: {linked(finding.upstream)}."]))


def laws(finding):
    """The laws that reject it, by target if there are several, or why there are none."""
    if finding.unseen:
        return f"Laws: none; {finding.unseen}."
    several = len(finding.laws) > 1
    told = [quoted(names) + (f" ({target})" if several else "") for target, names in finding.laws.items()]
    told += [f"at times {quoted(finding.also)}"] if finding.also else []
    return f"Laws: {'; '.join(told)}." if told else ""


def quoted(names):
    """Names as code."""
    return ", ".join(f"`{name}`" for name in names)


def linked(text):
    """Text with its `owner/repository#number` as links."""
    return re.sub(r"([\w.-]+/[\w.-]+)#(\d+)", r"[\1#\2](https://github.com/\1/issues/\2)", text)


def wrapped(text):
    """A paragraph of the page."""
    return fill(" ".join(text.split()), 120, break_on_hyphens=False, break_long_words=False) + "\n"


def difference(finding):
    """What a script prints, beside what is expected."""
    lines = difflib.unified_diff(finding.prints.splitlines(), finding.expected.splitlines(), n=len(finding.prints))
    return "\n".join(line.rstrip() for line in list(lines)[3:])


def known(library):
    """The known failures of a library, in the form that `poolproof check --known` reads."""
    head = f"# What fails in {library.name}; made from findings/{library.name} by `tox -e findings`, do not edit.\n"
    failures = [(target, *each) for target in library.holds for each in failing(library, target)]
    return head + "".join(entry(*each) for each in failures)


def entry(target, law, finding):
    """One known failure, in TOML."""
    where = f"docs/findings.md#{finding.name}"
    values = {"target": target, "law": law, "reason": lowered(finding.title), "finding": where}
    return "\n[[known]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def lowered(title):
    """A title as the end of a sentence: an ordinary first word is not capitalized."""
    return re.sub(r"^[A-Z](?=[a-z]*\b)", lambda letter: letter[0].lower(), title)
