"""How a command ends."""

import pytest

from model.command import FAILED, STOPPED, command


def test_ctrl_c_ends_a_command_with_a_message_and_its_own_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    @command
    def stopped() -> int:
        raise KeyboardInterrupt

    assert stopped() == STOPPED
    assert capsys.readouterr().err == "\nStopped.\n"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("There are no samples."), "There are no samples."),
        (OSError("The port is in use."), "The port is in use."),
        (FileNotFoundError(2, "No such file", "a.json"), "a.json cannot be read or written (No such file)."),
        (ImportError("This needs onnx."), "This needs onnx."),
    ],
)
def test_an_error_is_one_sentence_and_an_exit_code(
    error: Exception, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    @command
    def failing() -> int:
        raise error

    assert failing() == FAILED
    assert capsys.readouterr().err == f"{sentence}\n"


def test_a_bug_is_not_hidden() -> None:
    @command
    def faulty() -> int:
        raise KeyError("name")

    with pytest.raises(KeyError):
        faulty()


def test_a_command_takes_its_arguments_and_returns_its_own_exit_code() -> None:
    @command
    def ended(code: int, *, more: int) -> int:
        return code + more

    assert ended(1, more=2) == 3
