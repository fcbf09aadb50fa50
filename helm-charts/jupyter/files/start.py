"""Becomes JupyterLab, with what the bound services say in its environment."""

import os

import bindings  # noqa: F401 - sets the environment

os.chdir(os.environ["HOME"])
os.execvp("jupyter", ["jupyter", "lab", "--config=/etc/anywhere/server.py"])
