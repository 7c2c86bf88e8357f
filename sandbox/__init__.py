"""Azure on loopback, for the demo and the tests: `with Sandbox(directory) as sandbox: ...`."""

from sandbox.assembly import Sandbox

__all__ = ["Sandbox"]
