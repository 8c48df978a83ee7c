"""The API's description: as a document for programs, and as a page for people."""
