# Le bureau de l'intervenant-pivot.
