"""What the pages of golden files show, prepared so that the templates have no logic."""
