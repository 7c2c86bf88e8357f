"""Reads requirements files with pip's own parser, and prints what it understood as JSON: a list for
each file.

pip has no public interface for this. A process of its own, so that its modules are not in the
tests' process.
"""

import json
import sys

from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import (
    RequirementsFileParser,
    get_line_parser,
    handle_requirement_line,
)


def read(path):
    for line in RequirementsFileParser(PipSession(), get_line_parser(None)).parse(
        path, constraint=False
    ):
        if line.requirement is None:
            given = {name: value for name, value in vars(line.opts).items() if value}
            yield {"options": given}
            continue
        requirement = install_req_from_parsed_requirement(handle_requirement_line(line))
        yield {
            "name": requirement.req.name if requirement.req else "",
            "specifier": str(requirement.req.specifier) if requirement.req else "",
            "link": requirement.link.url if requirement.link else "",
            "editable": requirement.editable,
            "extras": sorted(requirement.extras),
            "marker": str(requirement.markers or ""),
            "hashes": requirement.hash_options,
        }


print(json.dumps([list(read(path)) for path in sys.argv[1:]], default=str))
