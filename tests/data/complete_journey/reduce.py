"""Makes the reduced copy in this folder from the whole Complete Journey data (see README.md).

    python3 reduce.py FOLDER_OF_THE_WHOLE_DATA

Needs duckdb from PyPI. Every fourth household is kept, with everything it did; purchases of the last four weeks are
kept apart, because the demo replays them as live events.
"""

import pathlib
import sys

import duckdb

whole = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent
LIVE_FROM = "timestamp '2017-12-04 00:00:00'"
END = "timestamp '2018-01-01 00:00:00'"

duckdb.sql(f"""
create table chosen as
  select household_id from (select distinct household_id from '{whole}/transactions.parquet')
  where household_id % 4 = 1;
create table baskets as
  select cast(basket_id as varchar) as basket_id, household_id, store_id,
         min(transaction_timestamp) as purchased_at,
         round(sum(sales_value), 2) as price_total,
         list(struct_pack(
             SKU := cast(product_id as varchar), priceTotal := sales_value, quantity := cast(quantity as integer),
             department := department, category := product_category, brand := brand)
           order by product_id, sales_value, quantity) as items
  from '{whole}/transactions.parquet' join '{whole}/products.parquet' using (product_id)
  where household_id in (from chosen) and transaction_timestamp < {END}
  group by all;
""")


def write(name, query, options):
    duckdb.sql(f"copy ({query}) to '{here / name}' ({options})")
    print(name, duckdb.sql(f"select count(*) from ({query})").fetchall()[0][0], (here / name).stat().st_size)


PARQUET = "format parquet, compression zstd, compression_level 19, parquet_version v1"
write("purchases.parquet", f"from baskets where purchased_at < {LIVE_FROM} order by purchased_at, basket_id", PARQUET)
write("live_purchases.parquet", f"from baskets where purchased_at >= {LIVE_FROM} order by purchased_at, basket_id", PARQUET)
write("households.csv", f"from '{whole}/demographics.csv' where household_id in (from chosen) order by household_id",
      "format csv, header")
write("campaigns.json", f"""
    select 'c' || campaign_id || '-' || household_id as send_id, campaign_id, household_id, campaign_type, start_date as sent_at
    from '{whole}/campaigns.csv' join '{whole}/campaign_descriptions.csv' using (campaign_id)
    where household_id in (from chosen) and start_date < {END} order by start_date, household_id, campaign_id""", "format json")
write("coupon_redemptions.csv", f"""
    select household_id, cast(coupon_upc as varchar) as coupon_upc, campaign_id, redemption_date as redeemed_at,
           row_number() over (partition by household_id, coupon_upc, campaign_id, redemption_date) as nth
    from '{whole}/coupon_redemptions.csv'
    where household_id in (from chosen) and redemption_date < {END} order by redemption_date, household_id, coupon_upc, nth""",
      "format csv, header")
