# Pages pour tout le monde.
