"""Azure Machine Learning: workspaces with their connections, environments and artifacts."""
