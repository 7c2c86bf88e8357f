"""The package indexes inside the sandbox, pypiserver's and the public one."""
