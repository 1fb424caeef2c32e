#!/bin/sh
# Print the path of the first Python that the locks support and that can make a venv, among the arguments or the usual
# names. Each one is run as a check: a pyenv shim may have no Python behind it, and Debian's may lack venv.
[ $# -gt 0 ] || set -- python3.11 python3.12 python3.13 python3
package=python3-venv
for python; do
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2> /dev/null || continue
    if "$python" -c 'import ensurepip, venv' 2> /dev/null; then
        "$python" -c 'import sys; print(sys.executable); sys.stderr.write("Python %d.%d.%d: %s\n" % (*sys.version_info[:3], sys.executable))'
        exit
    fi
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
done
echo "found no Python 3.11, 3.12 or 3.13 with venv as $*: install the system package $package, or run make PYTHON=/path/to/python" >&2
exit 1
