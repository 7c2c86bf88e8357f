"""A backend that talks a lot and then fails."""


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    for number in range(1, 51):
        print(f"line {number}")
    raise SystemExit("the compiler is missing")
