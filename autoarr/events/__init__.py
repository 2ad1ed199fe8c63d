"""What happens, told to whoever listens: the UI over WebSocket or SSE, and AutoArr's own parts."""
