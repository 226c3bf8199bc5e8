"""Stand-in of OMS at `/oms/agg/api/v1`."""
