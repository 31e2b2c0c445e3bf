"""The language of alerts' conditions: text to tree, tree to normal form, tree and values to true, false or unknown.

Pure: knows neither Redis nor the clock. Shares its error with the rule language.
"""

from streams.alerts.conditions.check import CompiledAlert, compile_alert, compile_alerts
from streams.alerts.conditions.doubts import doubts
from streams.alerts.conditions.meaning import Values, holds, needs_posts
from streams.alerts.conditions.normal import normal
from streams.alerts.conditions.parser import parse
from streams.alerts.conditions.syntax import Condition, Dimension, Quantity, quantities

__all__ = [
    "CompiledAlert",
    "Condition",
    "Dimension",
    "Quantity",
    "Values",
    "compile_alert",
    "compile_alerts",
    "doubts",
    "holds",
    "needs_posts",
    "normal",
    "parse",
    "quantities",
]
