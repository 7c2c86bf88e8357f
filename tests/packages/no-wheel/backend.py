"""A backend that claims a wheel and makes none."""


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return "imagined-1.0-py3-none-any.whl"
