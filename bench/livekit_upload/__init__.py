"""The bench of LiveKit's own upload: sessions as livekit-agents 1.8.9 posts them.

See `bench/README.md`.
"""
