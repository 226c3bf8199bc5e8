"""The benchmark: `make bench`. Real sizes, real servers, time over HTTP."""
