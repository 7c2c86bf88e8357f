"""vss-extension.json: what the extension package holds, and what the Marketplace shows of it.

Source: https://learn.microsoft.com/azure/devops/extend/develop/manifest
"""

from __future__ import annotations

import json

from scripts.metadata.names import PAGE, PUBLISHER, SUMMARY, Edition, version_parts


def vss_extension(edition: Edition = Edition.REAL) -> str:
    """The whole file. Its paths are those of the folder that scripts/extension.py makes."""
    content = {
        "manifestVersion": 1,
        "id": edition.value,
        "publisher": PUBLISHER,
        "name": "PrivateWheel" if edition is Edition.REAL else "PrivateWheel (trial)",
        "version": ".".join(map(str, version_parts())),
        "description": SUMMARY,
        "public": edition is Edition.REAL,
        "targets": [{"id": "Microsoft.VisualStudio.Services"}],
        "categories": ["Azure Pipelines"],
        "tags": ["Python", "Azure Machine Learning", "Azure Artifacts", "wheel", "private package"],
        "icons": {"default": "icon.png"},
        "content": {"details": {"path": "overview.md"}, "license": {"path": "task/LICENSE"}},
        "links": {
            "home": {"uri": PAGE},
            "support": {"uri": f"{PAGE}/issues"},
            "repository": {"uri": PAGE},
        },
        "repository": {"type": "git", "uri": PAGE},
        "files": [{"path": "task"}],
        "contributions": [
            {
                "id": "task",
                "type": "ms.vss-distributed-task.task",
                "targets": ["ms.vss-distributed-task.tasks"],
                "properties": {"name": "task"},
            }
        ],
    }
    return json.dumps(content, indent=2) + "\n"
