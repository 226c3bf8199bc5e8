from tools.draw_packages import PICTURE, layers, picture


def test_picture_in_the_documents_is_drawn_from_the_contracts():
    """Where this fails: `python -m tools.draw_packages`."""
    assert PICTURE.read_text(encoding="utf-8") == picture()


def test_layers_are_read_top_first_with_siblings_together():
    assert layers("packages")[0] == ["certhelper"]
    assert layers("packages")[-1] == ["audit", "infrastructure"]
