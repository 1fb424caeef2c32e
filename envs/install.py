"""Install a lock into the venv whose Python runs this, by uv: a tenth of pip's time.

.venv/bin/python envs/install.py envs/requirements.lock [OPTION OF UV ...]

uv is of requirements.lock, too: pip installs that one package.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

UV = Path(sys.executable).with_name("uv")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
}
"""By pip's name: what uv, which does not read pip's configuration, calls the setting and puts between several values."""


def uv_environment(configuration: str, environment: dict[str, str]) -> dict[str, str]:
    """The environment in which uv finds packages where pip does; what it says of uv itself holds.

    Parameters
    ----------
    configuration : str
        What `pip config list` prints: a setting per line, those of the environment first.
    environment : dict
    """
    found = {}
    for name, value in re.findall(r"^[^=]*\.([a-z-]+)=(.*)$", configuration, flags=re.MULTILINE):
        if name in SETTINGS:
            variable, between = SETTINGS[name]
            found.setdefault(variable, between.join(ast.literal_eval(value).split()))
    return found | environment


def install_uv(lock: str) -> None:
    """Install the lock's uv, unless it is there, by pip."""
    entry = re.search(r"^uv==(\S+) .*?[^\\]$", lock, flags=re.MULTILINE | re.DOTALL)
    if UV.exists() and subprocess.check_output([UV, "--version"], text=True).split()[1] == entry[1]:
        return
    wanted = Path(sys.prefix) / "uv.lock"
    wanted.write_text(entry[0] + "\n", encoding="utf-8")
    subprocess.run([*PIP, "install", "--quiet", "--no-deps", "--require-hashes", "-r", wanted], check=True)


if __name__ == "__main__":
    install_uv(Path(__file__).with_name("requirements.lock").read_text(encoding="utf-8"))
    configuration = subprocess.check_output([*PIP, "config", "list"], text=True)
    command = [UV, "pip", "install", "--quiet", "--python", sys.executable, "--no-deps", "--require-hashes"]
    command += ["--index-strategy", "unsafe-best-match"]  # of all indexes, as pip does: the hashes say what is right
    command += ["-r", *sys.argv[1:]]
    sys.exit(subprocess.run(command, env=uv_environment(configuration, dict(os.environ)), check=False).returncode)
