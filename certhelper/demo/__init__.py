"""Demo content of the sandbox: people, words to choose from, and what was certified in April 2018."""
