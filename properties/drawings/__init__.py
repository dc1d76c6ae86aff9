"""Pictures of failing cases, conventions and figures of the textbook chapter, as text and as SVG."""
