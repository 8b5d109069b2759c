// What the shop sells. Categories and brands are those of the demo data, so that they mean something to its audiences.
export const products = [
  { SKU: "1001", picture: "broccoli", name: "Broccoli crowns", department: "PRODUCE", category: "VEGETABLES - ALL OTHERS", brand: "National", price: 2.49 },
  { SKU: "1002", picture: "strawberry", name: "Strawberries", department: "PRODUCE", category: "BERRIES", brand: "National", price: 3.99 },
  { SKU: "1003", picture: "loaf", name: "Country loaf", department: "GROCERY", category: "BAKED BREAD/BUNS/ROLLS", brand: "Private", price: 2.79 },
  { SKU: "1004", picture: "cheese", name: "Mild cheddar", department: "GROCERY", category: "CHEESE", brand: "Private", price: 4.29 },
  { SKU: "1005", picture: "meat", name: "Sirloin, family pack", department: "MEAT", category: "BEEF", brand: "National", price: 24.9 },
  { SKU: "1006", picture: "jar", name: "Baby food, carrot", department: "GROCERY", category: "BABY FOODS", brand: "National", price: 1.19 },
  { SKU: "1007", picture: "nappies", name: "Nappies, size 3", department: "DRUG GM", category: "DIAPERS & DISPOSABLES", brand: "National", price: 18.5 },
  { SKU: "1008", picture: "platter", name: "Party platter for ten", department: "DELI", category: "PARTY TRAYS", brand: "National", price: 79.0 },
];

export const coupons = [
  { upc: "10000085364", campaign: "18", name: "1.00 off any cheese", about: "Campaign 18, today only" },
  { upc: "51700010076", campaign: "13", name: "20 % off baby food", about: "Campaign 13, with your card" },
];

/** Households of the demo data that are worth looking at. */
export const households = ["1", "13", "77", "113", "133"];

/** Names of the demo's audiences; an audience that is not here is shown by its id. */
export const audienceNames = {
  "just-redeemed-a-coupon": "Just redeemed a coupon",
  "high-spend-this-week": "High spend this week",
  "frequent-shoppers": "Frequent shoppers",
  "baby-families": "Families that buy baby food",
  "affluent-homeowners": "Affluent homeowners",
  "valued-homeowners": "Valued homeowners",
};
