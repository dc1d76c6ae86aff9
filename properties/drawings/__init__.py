"""Pictures: a failing case, a convention or a figure of the teaching document, as text and as SVG."""
