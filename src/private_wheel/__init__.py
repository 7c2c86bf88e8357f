"""From a tagged commit to a private Python package that Azure Machine Learning can install."""

__version__ = "0.1.0"
