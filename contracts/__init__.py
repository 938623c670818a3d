"""The words services share: pydantic models and nothing that acts.

Reading order: `message`, `values`, `orders`, `cancellation`, the three legs, `topics`.
"""
