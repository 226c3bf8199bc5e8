"""The stand-in of OMS: `/oms/agg/api/v1`."""
