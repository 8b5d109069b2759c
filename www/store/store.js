// The demo shop: sends what a visitor does, and shows what the edge answered to exactly that; beside it, what this browser
// decides by itself from what was done here.
import { audienceNames, coupons, households, products } from "./catalogue.js";
import { decideHere } from "./device.js";
import { connect, send } from "./edge.js";
import { picture } from "./pictures.js";

const LOG_MAX = 8;
const $ = (id) => document.getElementById(id);
const money = (amount) => amount.toFixed(2);
const cents = (amount) => Math.round(amount * 100) / 100;

/** Makes an element; text is text, never markup. */
function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

let household = sessionStorage.getItem("household");
let known = [];
/** SKU -> how many */
const basket = new Map();

const line = (product, quantity) => ({
  SKU: product.SKU,
  name: product.name,
  priceTotal: cents(product.price * quantity),
  quantity,
  department: product.department,
  category: product.category,
  brand: product.brand,
});

/** Sends an event and shows the answer. */
async function tell(label, eventType, fields) {
  await decideHere(eventType, fields, household).then(showDevice, (error) => showDevice({ failed: error }));
  try {
    const answer = await send(eventType, fields, household);
    showAnswer(answer);
    log(label, answer);
  } catch (error) {
    log(label, { failed: String(error.message ?? error).split("\n")[0] });
  }
  // For those who watch the page from outside.
  document.body.dataset.answers = Number(document.body.dataset.answers ?? 0) + 1;
}

/** An item for each audience; those that are `fresh` stand out. */
const chips = (audiences, fresh) =>
  audiences.map((id) => {
    const chip = make("li", fresh.includes(id) ? "new" : "", audienceNames[id] ?? id);
    chip.title = id;
    return chip;
  });

function showDevice({ audiences = [], hero, took, failed }) {
  if (failed) console.warn(failed);
  $("device-about").textContent = failed
    ? "Not possible: there is no bundle for this page."
    : `In ${took.toFixed(1)} ms, from what was done in this browser alone; nothing was sent for it. ` +
      `It would show: ${hero?.title ?? "nothing particular"}.`;
  $("device-audiences").replaceChildren(...chips(audiences, []));
  document.body.dataset.device = JSON.stringify(failed ? null : audiences);
}

function showAnswer({ audiences, hero }) {
  $("audiences").replaceChildren(...chips(audiences, audiences.filter((id) => !known.includes(id))));
  known = audiences;
  document.body.dataset.audiences = JSON.stringify(audiences);
  document.body.dataset.offer = hero?.offer ?? "";
  $("hero-title").textContent = hero?.title ?? "Good food, every day";
  $("hero-text").textContent = hero?.text ?? "The edge had nothing particular to say.";
  $("hero-offer").textContent = hero ? `offer ${hero.offer}` : "no offer";
}

function log(label, { audiences, took, failed }) {
  const entry = make("li");
  entry.append(make("span", failed ? "failed" : "", label), make("span", "took", failed ? "failed" : `${Math.round(took)} ms`));
  const names = (audiences ?? []).map((id) => audienceNames[id] ?? id).join(", ");
  entry.append(make("span", "detail", failed ?? (names || "in no audience")));
  $("log").prepend(entry);
  while ($("log").childElementCount > LOG_MAX) $("log").lastElementChild.remove();
}

function showWho() {
  $("who").textContent = household ? `Household ${household}, signed in` : "A visitor, known by this browser only";
  $("sign-in").textContent = household ? "Sign out" : "Sign in";
  $("household").value = household ?? "";
  $("household").disabled = Boolean(household);
}

function showBasket() {
  const chosen = products.filter(({ SKU }) => basket.has(SKU));
  $("basket").replaceChildren(
    ...chosen.map((product) => {
      const entry = make("li", "", `${basket.get(product.SKU)} × ${product.name}`);
      entry.append(make("span", "", money(product.price * basket.get(product.SKU))));
      return entry;
    }),
  );
  $("total").textContent = money(chosen.reduce((sum, product) => sum + product.price * basket.get(product.SKU), 0));
  $("buy").disabled = chosen.length === 0;
}

function add(product) {
  basket.set(product.SKU, (basket.get(product.SKU) ?? 0) + 1);
  showBasket();
  return tell(`Added ${product.name}`, "commerce.productListAdds", { productListItems: [line(product, 1)] });
}

function buy() {
  const items = products.filter(({ SKU }) => basket.has(SKU)).map((product) => line(product, basket.get(product.SKU)));
  const priceTotal = cents(items.reduce((sum, item) => sum + item.priceTotal, 0));
  basket.clear();
  showBasket();
  return tell(`Bought for ${money(priceTotal)}`, "commerce.purchases", {
    commerce: { order: { purchaseID: crypto.randomUUID(), priceTotal } },
    productListItems: items,
  });
}

function redeem(coupon) {
  return tell(`Redeemed ${coupon.name}`, "commerce.couponRedemptions", {
    commerce: { coupon: { campaign: coupon.campaign, upc: coupon.upc } },
  });
}

function view(name) {
  return tell(`Viewed ${name}`, "web.webpagedetails.pageViews", {
    web: { webPageDetails: { name, pageViews: { value: 1 } } },
  });
}

function button(text, className, action) {
  const element = make("button", `button ${className}`, text);
  element.type = "button";
  element.addEventListener("click", action);
  return element;
}

function build() {
  document.querySelector(".brand").prepend(picture("leaf", 24));
  $("products").append(
    ...products.map((product) => {
      const tile = make("li", "tile");
      const row = make("div", "row");
      row.append(make("strong", "", money(product.price)), button("Add to cart", "quiet add", () => add(product)));
      const frame = make("div", "picture");
      frame.append(picture(product.picture, 56));
      tile.append(frame, make("div", "name", product.name));
      tile.append(make("div", "about", `${product.brand === "Private" ? "Our own brand" : "Brand"} · ${product.category.toLowerCase()}`), row);
      return tile;
    }),
  );
  $("coupons").append(
    ...coupons.map((coupon) => {
      const tile = make("li", "coupon");
      const text = make("div");
      text.append(make("div", "name", coupon.name), make("div", "about", coupon.about));
      tile.append(picture("coupon", 36), text, button("Redeem coupon", "redeem", () => redeem(coupon)));
      return tile;
    }),
  );
  $("households").append(...households.map((id) => Object.assign(make("option"), { value: id })));
  $("buy").addEventListener("click", buy);
  $("login").addEventListener("submit", (event) => {
    event.preventDefault();
    household = household ? null : $("household").value.trim();
    if (household) sessionStorage.setItem("household", household);
    else sessionStorage.removeItem("household");
    known = [];
    showWho();
    view("home");
  });
  $("theme").addEventListener("click", () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  });
}

build();
showWho();
showBasket();
await connect();
await view("home");
