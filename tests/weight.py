"""Prints the table of docs/install.md: the MiB of poolproof and of each extra. `tox -e weight` runs it."""

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from places import ROOT

MIB = 1 << 20
ALONE = "poolproof alone"


def extras():
    """The names of the extras in pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    table = text.partition("[project.optional-dependencies]\n")[2].partition("\n\n")[0]
    return re.findall(r"^([\w-]+) = \[", table, re.MULTILINE)


def weight(requirement):
    """The size of a new environment with a requirement, in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False)
        pip = [sys.executable, "-m", "pip", "--python", f"{folder}/bin/python"]
        subprocess.run([*pip, "install", "--quiet", requirement], check=True)
        return sum(path.lstat().st_size for path in Path(folder).rglob("*")) / MIB


def main():
    """Print the size of poolproof alone, then what each extra adds."""
    alone = weight(str(ROOT))
    print(f"| installed | MiB |\n|---|---|\n| {ALONE} | {alone:.0f} |", flush=True)
    for extra in extras():
        print(f"| `{extra}` | {weight(f'{ROOT}[{extra}]') - alone:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
