"""The times of golden JSON of a generated year, and their bounds."""

from __future__ import annotations

from dataclasses import dataclass

MAX_FILE_SECONDS, MAX_PREVIEW_SECONDS, MAX_MEMORY_MB = 3.0, 5.0, 300.0


@dataclass(frozen=True)
class YearTimes:
    """Seconds to generate a file and to preview a policy, the faster of two each, and the most memory in MB."""

    certifications: int
    segments: int
    file_seconds: float
    preview_seconds: float
    memory_mb: float

    @property
    def is_within_bound(self) -> bool:
        is_quick = self.file_seconds <= MAX_FILE_SECONDS and self.preview_seconds <= MAX_PREVIEW_SECONDS
        return is_quick and self.memory_mb <= MAX_MEMORY_MB

    @property
    def text(self) -> str:
        verdict = "ok" if self.is_within_bound else "MISSED"
        return (
            f"Golden JSON of {self.certifications:,} certifications, {self.segments:,} segments: file "
            f"{self.file_seconds:.2f} s (bound {MAX_FILE_SECONDS:g}), preview {self.preview_seconds:.2f} s "
            f"(bound {MAX_PREVIEW_SECONDS:g}), "
            f"{self.memory_mb:.0f} MB (bound {MAX_MEMORY_MB:g})  {verdict}"
        )
