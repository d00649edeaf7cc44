"""Understanding and writing with a language model behind any OpenAI-compatible endpoint."""
