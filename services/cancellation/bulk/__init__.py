"""Bulk plans: up to 50,000 orders cancelled as one undertaking.

`selection` finds the orders, `preview` tells what would come of them and writes nothing, `desk`
takes the plan's commands, `worker` works it off, `rows` is what facts leave in the plan's tables,
`reading` tells how far it is.
"""
