"""The rules of the streaming benchmark as a stateful dataflow of Bytewax: what an engineer would write by hand.

Reads {rules, events, endMs}; an event is [person, tier, timestamp, type, category, total]. Prints how long the dataflow
took, and how many people are in each audience at the end."""

import json
import sys
import time
from collections import defaultdict

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main

DAY_MS = 24 * 60 * 60 * 1000

with open(sys.argv[1]) as file:
    document = json.load(file)
rules = document["rules"]
# Rules of the same windows share what they look at.
longest_ms = max(rule["days"] for rule in rules) * DAY_MS


class Person:
    __slots__ = ("tier", "purchases", "opened_ms", "member_of")

    def __init__(self, tier):
        self.tier = tier
        self.purchases = []
        self.opened_ms = None
        self.member_of = frozenset()

    def take(self, at_ms, kind, category, total):
        if kind == "commerce.purchases":
            self.purchases.append((at_ms, category, total))
        elif kind == "email.open":
            self.opened_ms = at_ms

    def decide(self, now_ms):
        self.purchases = [one for one in self.purchases if one[0] >= now_ms - longest_ms]
        counts, sums = {}, {}
        for days in {rule["days"] for rule in rules}:
            seen = [one for one in self.purchases if one[0] >= now_ms - days * DAY_MS]
            sums[days] = sum(total for _, _, total in seen)
            for _, category, _ in seen:
                counts[days, category] = counts.get((days, category), 0) + 1
        quiet_ms = None if self.opened_ms is None else now_ms - self.opened_ms
        return frozenset(
            number
            for number, rule in enumerate(rules)
            if self.tier in rule["tiers"]
            and counts.get((rule["days"], rule["category"]), 0) >= rule["least"]
            and sums[rule["days"]] > rule["moreThan"]
            and (quiet_ms is None or quiet_ms > rule["quietDays"] * DAY_MS)
        )


people = {}


def step(person, event):
    key, tier, at_ms, kind, category, total = event
    if person is None:
        person = people[key] = Person(tier)
    person.take(at_ms, kind, category, total)
    member_of = person.decide(at_ms)
    changes = [(number, number in member_of) for number in member_of ^ person.member_of]
    person.member_of = member_of
    return person, changes


changes = []
flow = Dataflow("audiences")
events = op.input("events", flow, TestingSource(document["events"], batch_size=1000))
keyed = op.key_on("person", events, lambda event: str(event[0]))
op.output("changes", op.stateful_flat_map("decide", keyed, step), TestingSink(changes))

start = time.monotonic()
run_main(flow)
seconds = time.monotonic() - start

members = defaultdict(int)
for person in people.values():
    for number in person.decide(document["endMs"]):
        members[number] += 1
print(json.dumps({"seconds": seconds, "members": members}))
