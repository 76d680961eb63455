# Pages for everybody.
