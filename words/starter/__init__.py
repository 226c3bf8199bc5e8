"""What a new system starts with: reasons, problems and checklists. People change them on the pages."""
