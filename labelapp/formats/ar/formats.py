"""Arabic with Western figures, as browsers write it: 1,204.5. Django's own has point and comma the other way round."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
