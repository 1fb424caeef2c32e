"""Configuration of Sphinx, which builds these pages without a network: `make docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

from echoshift import __version__

project = "EchoShift"
author = "The EchoShift developers"
version = release = __version__
html_title = "EchoShift"
html_theme = "furo"
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["pages.css"]

extensions = ["from_code", "myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_design"]
exclude_patterns = ["_build"]
nitpicky = True
smartquotes = False  # options begin with two hyphens
toc_object_entries_show_parents = "hide"

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the notebook is shown as it was run

# Docstrings have NumPy's sections; what stands in single backquotes is code; types are words, not links.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
