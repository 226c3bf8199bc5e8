"""The stand-in of Run Registry: `/registry`."""
