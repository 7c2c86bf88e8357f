"""A backend that prints all that its process can see, then builds a wheel."""

import os
import sys
import zipfile
from pathlib import Path


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    for name, value in sorted(os.environ.items()):
        print(f"environ {name}={value}")
    print("arguments", sys.argv)
    print("input", repr(sys.stdin.read()))
    name = "curious-1.0-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory, name), "w") as wheel:
        for member, text in {
            "curious.py": "",
            "curious-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: curious\nVersion: 1.0\n",
            "curious-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "curious-1.0.dist-info/RECORD": "",
        }.items():
            wheel.writestr(zipfile.ZipInfo(member), text)
    return name
