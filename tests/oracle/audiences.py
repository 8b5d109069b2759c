"""The demo audiences, computed a second way: SQL over the raw files, by DuckDB, without any of Acquaint's code.

    python3 audiences.py [--now "2018-01-01 08:00:00"] > audiences.json

Prints {audience: [household, ...]}. The rules are written from the descriptions in
`tests/data/complete_journey/config/3-audiences.yaml`, not translated from their PQL.
"""

import argparse
import json
import pathlib

import duckdb

DATA = pathlib.Path(__file__).parent.parent / "data" / "complete_journey"

parser = argparse.ArgumentParser()
parser.add_argument("--now", default="2018-01-01 08:00:00")
NOW = f"timestamp '{parser.parse_args().now}'"

duckdb.sql(f"""
create view purchases as
  from '{DATA}/purchases.parquet' union all from '{DATA}/live_purchases.parquet';
create view items as
  select household_id, purchased_at, unnest(items) as item from purchases;
create view redemptions as from '{DATA}/coupon_redemptions.csv';
create view campaigns as from '{DATA}/campaigns.json';
create view households as from '{DATA}/households.csv';
""")


def within(column, window):
    """The look-back is closed at both ends."""
    return f"{column} between {NOW} - interval {window} and {NOW}"


# fsum: the sum of prices must not depend on the order of addition.
SPEND_WEEK = f"""
  select household_id from purchases where {within('purchased_at', '7 days')}
  group by 1 having fsum(price_total) >= 100"""
FREQUENT = f"""
  select household_id from purchases where {within('purchased_at', '30 days')}
  group by 1 having count(*) >= 8"""
AFFLUENT = """
  select household_id from households
  where income in ('100-124K', '125-149K', '150-174K', '175-199K', '200-249K', '250K+')
    and home_ownership = 'Homeowner'"""

AUDIENCES = {
    "lapsed-heavy-buyers": f"""
      select household_id from purchases where {within('purchased_at', '365 days')}
      group by 1 having fsum(price_total) >= 1000
        and count(*) filter ({within('purchased_at', '28 days')}) = 0""",
    "coupon-lovers-without-private-label": f"""
      select household_id from redemptions where {within('redeemed_at', '365 days')}
      group by 1 having count(*) >= 2
      except
      select household_id from items where item.brand = 'Private' and {within('purchased_at', '30 days')}""",
    "just-redeemed-a-coupon": f"""
      select household_id from redemptions where {within('redeemed_at', '30 minutes')}""",
    "high-spend-this-week": SPEND_WEEK,
    "frequent-shoppers": FREQUENT,
    "baby-families": f"""
      select household_id from items
      where item.category in ('BABY FOODS', 'BABYFOOD', 'INFANT FORMULA', 'DIAPERS & DISPOSABLES')
        and {within('purchased_at', '90 days')}""",
    "big-baskets": f"""
      select household_id from purchases where {within('purchased_at', '90 days')}
      group by 1 having fsum(price_total) / count(*) >= 60""",
    "affluent-homeowners": AFFLUENT,
    "campaign-a-not-redeemed": f"""
      select household_id from campaigns where campaign_type = 'Type A' and {within('sent_at', '90 days')}
      except
      select household_id from redemptions where {within('redeemed_at', '90 days')}""",
    "valued-homeowners": f"({AFFLUENT}) intersect (({SPEND_WEEK}) union ({FREQUENT}))",
    "wide-assortment": f"""
      select household_id from items group by 1 having count(distinct item.category) >= 150""",
}

members = {
    name: [str(row[0]) for row in duckdb.sql(f"select distinct household_id from ({query}) order by 1").fetchall()]
    for name, query in AUDIENCES.items()
}
print(json.dumps(members, indent=1))
