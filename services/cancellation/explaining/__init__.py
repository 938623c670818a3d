"""What was decided about an order, or would be, in plain words.

Pure: takes facts, gives words and sums. Read `steps`, `repeating`, `sums`, `telling`, `deciding`,
`refusing`, `entries`, `explanation`, `preview`. The words stand in `words_story`, `words_choices`
and `rules_fr`.
"""
