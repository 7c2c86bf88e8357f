"""No route at all: the run builds, connects and describes."""
