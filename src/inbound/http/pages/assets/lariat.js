// What saves a reload (PAGES 2). Nothing needs it.
