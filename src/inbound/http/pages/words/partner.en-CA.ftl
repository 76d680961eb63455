# Pages of partners.
