"""Work that outlives processes: queued, taken up by workers, gone on with where it stopped."""
