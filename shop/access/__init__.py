"""Who may come in: the owner's pages about the staff, and the desk's invitations to customers."""
