"""Parley, a self-hosted realtime chat.

This package is the application: services, their store, settings and the command line.
It knows HTTP only in `chat.app`, `chat.server` and `chat.cli`; everything that speaks
Tornado to a browser lies in the package ``handlers``, and what carries events between
processes in ``brokers``.
"""

__version__ = "0.1.0"
