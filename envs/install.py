"""Install a lock into the venv of the running Python with uv, which takes a tenth of pip's time.

.venv/bin/python envs/install.py envs/requirements.lock [OPTION OF UV ...]

uv itself is pinned in requirements.lock and installed by pip.
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
"""For each pip setting, uv's environment variable and its separator. uv does not read pip's configuration."""


def uv_environment(configuration: str, environment: dict[str, str]) -> dict[str, str]:
    """Environment in which uv uses pip's package sources. Existing variables of uv take precedence.

    Parameters
    ----------
    configuration : str
        Output of `pip config list`: one setting per line, those from the environment first.
    environment : dict
    """
    found = {}
    for name, value in re.findall(r"^[^=]*\.([a-z-]+)=(.*)$", configuration, flags=re.MULTILINE):
        if name in SETTINGS:
            variable, between = SETTINGS[name]
            found.setdefault(variable, between.join(ast.literal_eval(value).split()))
    return found | environment


def install_uv(lock: str) -> None:
    """Install the pinned version of uv with pip, unless it is installed."""
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
    command += [
        "--index-strategy",
        "unsafe-best-match",
    ]  # search all indexes, as pip does: the hashes verify the packages
    command += ["-r", *sys.argv[1:]]
    sys.exit(subprocess.run(command, env=uv_environment(configuration, dict(os.environ)), check=False).returncode)
