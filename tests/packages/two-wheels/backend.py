"""A backend that leaves two wheels."""

from pathlib import Path


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    for name in ("one", "two"):
        Path(wheel_directory, f"{name}-1.0-py3-none-any.whl").write_bytes(b"")
    return "one-1.0-py3-none-any.whl"
