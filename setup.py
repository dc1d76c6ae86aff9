"""What pyproject.toml cannot say: the same sources are built to the same bytes, by anyone and at any time."""

import gzip
import os
import shutil
import tarfile

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

TIME = int(os.environ.setdefault("SOURCE_DATE_EPOCH", "1767225600"))
"""The time of every file in an archive: the beginning of 2026, unless the environment sets another."""

os.umask(0o022)  # The modes of files in a wheel follow from it.


class Build(build_py):
    """The modules that there are now, and none that an earlier build left."""

    def run(self):
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class Sdist(sdist):
    """An archive whose times, owners and modes do not depend on the machine."""

    def make_archive(self, base_name, *_words, base_dir, **_owners):
        path = f"{base_name}.tar.gz"
        with gzip.GzipFile(path, "wb", mtime=TIME) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(base_dir, filter=plain)
        return path


def plain(member):
    """A member without traces of the machine; None for files that setuptools writes for its own use."""
    if member.name.endswith((".egg-info", "/setup.cfg")):
        return None
    member.mtime, member.uid, member.gid, member.uname, member.gname = TIME, 0, 0, "", ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


setup(cmdclass={"build_py": Build, "sdist": Sdist})
