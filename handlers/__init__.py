"""HTTP and WebSocket handlers: Tornado in, one service call, answer out."""
