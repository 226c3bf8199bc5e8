"""Demo content of the sandbox: people, and what was certified in April 2018."""
