"""The services that lessons need beside the taught ones: only as much as a lesson uses, the rest refused out loud."""
