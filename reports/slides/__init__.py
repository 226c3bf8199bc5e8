"""The weekly report as slides: a deck as plain data, written as .pptx and .odp."""
