"""Files in and files out, through PyAV; the only room that knows FFmpeg."""
