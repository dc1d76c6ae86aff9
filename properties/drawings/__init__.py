"""Pictures of failing cases, conventions and figures of the teaching document, as text and as SVG."""
