"""The words of health."""

import pytest

from services.rules.health.words import ending


def test_the_end_of_a_text_is_cut_between_words() -> None:
    assert ending("one\n two   three", 20) == "one two three"
    assert ending("alpha beta gamma delta", 15) == "… gamma delta"


@pytest.mark.parametrize("padding", range(0, 60, 3))
@pytest.mark.parametrize(
    "said", ["password=Sup3rS3cretWord", "Authorization: Bearer Sup3rS3cretWord", "Sup3rS3cretWord"]
)
def test_a_cut_leaves_no_part_of_a_secret(padding: int, said: str) -> None:
    text = ending(f"{'x' * 30} {said} {'y' * padding}", 70)
    whole = said if said == "Sup3rS3cretWord" else ""  # only the one who knows it can tell
    assert "3cretWord" not in text.replace(whole or "nothing", "")
