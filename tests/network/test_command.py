"""How a command ends."""

import pytest

from model.command import STOPPED, run


def test_ctrl_c_ends_a_command_with_a_word_and_a_code_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    def stopped() -> int:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        run(stopped)
    assert ended.value.code == STOPPED
    assert capsys.readouterr().err == "\nStopped.\n"


def test_a_command_exits_with_its_own_code() -> None:
    with pytest.raises(SystemExit) as ended:
        run(lambda: 2)
    assert ended.value.code == 2
