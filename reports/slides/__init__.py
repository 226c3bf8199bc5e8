"""The week as slides: one deck as plain data, written as .pptx and as .odp."""
