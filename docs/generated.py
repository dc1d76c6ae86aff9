"""The pages that are made when the site is built: the commands from their parsers, the laws with drawn examples."""

import re
from argparse import ArgumentParser
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

from poolproof.properties.doors import plugin
from poolproof.properties.doors.commands import COMMANDS
from poolproof.properties.doors.parser import Parser
from poolproof.properties.drawings import svg
from poolproof.properties.failures.messages import arguments
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.claims import claim
from poolproof.properties.lawbook.huge import EVERY
from poolproof.properties.report.explain import about, illustration

REFERENCE = Path(__file__).parent / "reference"

COMMANDS_HEAD = """\
# Commands

`poolproof COMMAND -h` prints the options of a command. [poolproof check](check.md) describes those of `check` in more
detail, and what its verdicts and its exit status mean.
"""

PLUGIN = """\
## The pytest plugin

`pytest --poolproof-impl TARGET --pyargs poolproof.properties` runs each law as a test: [In your own
tests](../own-tests.md#without-a-test-file).
"""

LAWS_HEAD = """\
# Laws

Every correct implementation satisfies these laws. The [glossary](glossary.md#symbols) explains the symbols. Each
example is a case that the law draws, with the answer of a reference kernel. `poolproof explain LAW` prints the same.
"""

FAMILIES = {
    "shape": "Shapes and dtypes of results.",
    "forward": "Values and indices of the forward pass.",
    "backward": "Gradients.",
    "settings": "Padding, dilation and ceil mode, expressed by pooling without them.",
    "conduct": "What a call may do to memory, and what its result may depend on.",
    "reference": "Two laws for the reference kernels alone, because sound implementations differ in these points.",
    "huge": "Laws about arrays so large that 32-bit sizes or indices overflow. They are tried only with `--huge`: "
    "[Huge arrays](../huge.md).",
}


def write():
    """Write the pages and the drawings."""
    (REFERENCE / "laws").mkdir(exist_ok=True)
    (REFERENCE / "commands.md").write_text(commands(), encoding="utf-8")
    (REFERENCE / "laws.md").write_text(laws(), encoding="utf-8")


def commands():
    """The page of the commands, and of the options of the pytest plugin."""
    return "\n".join([COMMANDS_HEAD, *map(command, COMMANDS.values()), PLUGIN, table(plugin_parser())])


def command(each):
    """The section of a command: what it does, how it is called, and its arguments."""
    parser = Parser(prog=f"poolproof {each.name}")
    each.fill(parser)
    text = f"## {parser.prog}\n\n{sentence(each.summary)}\n\n```text\n{usage(parser)}\n```\n"
    return f"{text}\n{table(parser)}" if described(parser) else text


def plugin_parser():
    """A parser with the options of the pytest plugin."""
    parser = ArgumentParser(prog="pytest")
    plugin.pytest_addoption(SimpleNamespace(getgroup=lambda *_: SimpleNamespace(addoption=parser.add_argument)))
    return parser


def described(parser):
    """The arguments of a command, without --help."""
    return [action for action in parser._actions if "--help" not in action.option_strings]


def usage(parser):
    """How a command is called, in one line."""
    several = {"*": "[{} ...]", "+": "{} ...", "?": "[{}]"}
    places = [each for each in described(parser) if not each.option_strings]
    options = ["[OPTIONS]"] if len(places) < len(described(parser)) else []
    return " ".join([parser.prog, *options, *(several.get(each.nargs, "{}").format(each.metavar) for each in places)])


def table(parser):
    """The arguments of a command, a row for each."""
    rows = [f"| `{written(each)}` | {meaning(each)} |\n" for each in described(parser)]
    return "".join(["| argument | meaning |\n|---|---|\n", *rows])


def written(action):
    """An argument as it is typed."""
    return ", ".join(f"{flag} {action.metavar or ''}".strip() for flag in action.option_strings or [""])


def meaning(action):
    """The help of an argument, with its default filled in, and a link for each page that it names."""
    text = ((action.help or "") % vars(action)).replace("|", r"\|").replace("*", r"\*")
    return re.sub(r"docs/(\w+\.md)", r"[\1](../\1)", text)


def sentence(text):
    """A text as a sentence."""
    return f"{text[0].upper()}{text[1:]}."


def laws():
    """The page of the laws, family by family; it also writes their drawings."""
    families = groupby(EVERY.values(), key=lambda law: law.family)
    return "\n".join([LAWS_HEAD, *(family(name, list(members)) for name, members in families)])


def family(name, members):
    """The section of a family."""
    return "\n".join([f"## {name}\n\n{FAMILIES[name]}\n", *map(law, members)])


def law(each):
    """The section of a law: its claim, its formula, the callables it is about, and an example."""
    text = f"### {each.name}\n\n{claim(each.name)}\n\n`{each.formula}`\n\n{sentence(about(each.name))}\n"
    found = illustration(each) if each.name in LAWS else None
    return f"{text}\n{drawn(each.name, *found)}" if found else text


def drawn(name, call, picture):
    """The example of a law, whose drawing is written to a file beside the page."""
    (REFERENCE / "laws" / f"{name}.svg").write_text(svg.document(picture), encoding="utf-8")
    return f"Example: `{call.function}` with `{arguments(call, '')[0]}`\n\n![{picture.words}](laws/{name}.svg)\n"
