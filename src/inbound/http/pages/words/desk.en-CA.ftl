# The link worker's desk.
