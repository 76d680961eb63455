# Le bac à sable.
