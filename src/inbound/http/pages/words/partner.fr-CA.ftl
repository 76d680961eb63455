# Pages des organismes partenaires.
