"""What `echoshift inspect` says of lines of grey levels."""

import numpy as np
import pytest

from echoshift.cli.main import app
from formats.plus_files import LINES, SAMPLES, SIDE, write_plus


def test_grey_lines_have_words_and_a_figure(tmp_path, capsys):
    grey = np.arange(LINES * SAMPLES).reshape(LINES, SAMPLES) % 256
    path = write_plus(tmp_path / "a.mha", grey, "BRIGHTNESS", side=SIDE | {"recorded": {"dynamic_range": 60}})
    with pytest.raises(SystemExit) as ended:
        app(["inspect", str(path), "-o", str(tmp_path / "a.png")])
    assert ended.value.code == 0
    done = capsys.readouterr().out
    assert "8-bit grey levels, 12 lines x 90 samples" in done and "0 to 60 dB, beta 0" in done
    assert (tmp_path / "a.png").stat().st_size > 5000
