"""An upgrade of a site in use: stored rows, sessions, drafts and open forms of the earlier version.

`database.sql.gz` is the SQLite database of a sandbox that revision eac2c86 filled through its own pages: the demo
content, and by hand certifications that were amended, withdrawn, restored, handed over and made in training, with
problems, checklists, typed facts, questions, reviews, notes, saved filters and drafts. `browsers.json` is what the
browsers of two people held at that moment: session cookies, and the fields of forms that were open. Both are signed
with the SECRET_KEY of the tests, and nobody in it has a password. A later version gets files of its own beside these.
"""
